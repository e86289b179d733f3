import { join } from 'node:path';
import { AssetStaging, Names, Stack } from 'aws-cdk-lib';
import { Code, CodeConfig, Function, FunctionOptions, LoggingFormat, Runtime, RuntimeFamily } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';

/**
 * The bundled handlers. `Code.fromAsset` would do the same and give each function a bucket object to grant reading by, whose endpoints
 * take the facts of all Regions: a megabyte to load, for nobody but Lambda reads this asset.
 */
class HandlerCode extends Code {
  public readonly isInline = false;

  public bind(scope: Construct): CodeConfig {
    const stack = Stack.of(scope);
    const staging = new AssetStaging(scope, 'Code', { sourcePath: join(__dirname, '..', '..', 'assets', 'handlers') });
    const { bucketName, objectKey } = stack.synthesizer.addFileAsset({
      fileName: staging.relativeStagedPath(stack),
      packaging: staging.packaging,
      sourceHash: staging.assetHash,
      deployTime: true,
      displayName: Names.stackRelativeConstructPath(staging),
    });
    return { s3Location: { bucketName, objectKey } };
  }
}

/**
 * Defines a Lambda function whose handler is bundled with this library.
 */
export class HandlerFunction extends Function {
  /** @param handler file and export, `interrupt.handler` */
  constructor(scope: Construct, id: string, handler: string, options: FunctionOptions) {
    super(scope, id, {
      loggingFormat: LoggingFormat.JSON,
      ...options,
      // By its name: a class that knows it would raise the oldest aws-cdk-lib that will do.
      runtime: new Runtime('nodejs24.x', RuntimeFamily.NODEJS),
      handler,
      code: new HandlerCode(),
    });
  }
}
