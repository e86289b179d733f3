import { Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { FunctionOptions, IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { IBucket } from 'aws-cdk-lib/aws-s3';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { collectionDocument } from './collection-document';
import { COLLECTION_POLICY_VARIABLE, CollectionPolicy } from './collection-policy';
import { CrashDumpResponseProps, DumpContents } from './crash-dump-response-props';
import { RUNBOOK_URL_VARIABLE } from './report-variables';
import { collectStatements, reportStatements, watchStatements } from './response-permissions';
import { MOST_LOOKS_VARIABLE } from './watch-variables';
import { HandlerFunction } from '../detection/handler-function';
import { documentName } from '../kdump/document-name';

/** For dumps of up to 4.5 TB; larger ones are cut into larger parts. */
const PART_MIB = 512;

/**
 * The three functions of the workflow, each with a role of its own.
 */
export class ResponseFunctions {
  public readonly watch: IFunction;
  public readonly collect: IFunction;
  public readonly report: IFunction;

  constructor(scope: Construct, props: CrashDumpResponseProps, bucket: IBucket, mostLooks: number, collectionSeconds: number) {
    const stack = Stack.of(scope);
    const logGroup = new LogGroup(scope, 'LogGroup', { retention: RetentionDays.SIX_MONTHS });
    const options = (id: string, description: string, statements: PolicyStatement[]): FunctionOptions & { role: Role } => {
      const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com'), description });
      logGroup.grantWrite(role);
      statements.forEach(each => role.addToPolicy(each));
      return { role, description, logGroup, timeout: Duration.seconds(30), memorySize: 256 };
    };
    this.watch = new HandlerFunction(scope, 'Watch', 'response.watch', {
      ...options('Watch', 'Looks whether an interrupted instance is back', watchStatements(stack, props)),
      environment: { [MOST_LOOKS_VARIABLE]: String(mostLooks) },
    });

    const document = new CfnDocument(scope, 'Document', {
      name: documentName(scope),
      documentType: 'Command',
      documentFormat: 'JSON',
      targetType: '/AWS::EC2::Instance',
      updateMethod: 'NewVersion',
      content: collectionDocument(),
    });
    const collects = options('Collect', 'Brings kernel logs and crash dumps to the bucket', collectStatements(stack, props, bucket, document.ref));
    // S3 encrypts each part with a data key, and reads the parts when it puts them together.
    bucket.encryptionKey?.grant(collects.role, 'kms:Decrypt', 'kms:GenerateDataKey');
    this.collect = new HandlerFunction(scope, 'Collect', 'response.collect', {
      ...collects,
      environment: {
        [COLLECTION_POLICY_VARIABLE]: stack.toJsonString({
          bucket: bucket.bucketName,
          documentName: document.ref,
          dumpPath: props.dumpPath ?? '/var/crash',
          contents: props.contents ?? DumpContents.KERNEL_LOG,
          removeAfterUpload: props.removeFromInstance ?? false,
          partMib: PART_MIB,
          timeoutSeconds: collectionSeconds,
        } satisfies CollectionPolicy),
      },
    });

    const reports = options('Report', 'Puts into words what happened', reportStatements(bucket));
    bucket.encryptionKey?.grantDecrypt(reports.role);
    this.report = new HandlerFunction(scope, 'Report', 'response.report', {
      ...reports,
      environment: props.runbookUrl === undefined ? undefined : { [RUNBOOK_URL_VARIABLE]: props.runbookUrl },
    });
  }
}
