import { join } from 'node:path';
import { Code, Function, FunctionOptions, LoggingFormat, Runtime, RuntimeFamily } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';

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
      code: Code.fromAsset(join(__dirname, '..', '..', 'assets', 'handlers')),
    });
  }
}
