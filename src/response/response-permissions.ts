import { ArnFormat, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { IBucket } from 'aws-cdk-lib/aws-s3';
import { CrashDumpResponseProps } from './crash-dump-response-props';
import { RECORD_KIND } from './record-states';

/** The keys of all incidents start with the ID of an instance. */
const OBJECTS = 'i-*';

/**
 * So many groups with the longest names find room in a managed policy, of 6,144 characters. Of 10 of those that a role may have, the CDK
 * may want one for what else there is.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
const GROUPS = 15;
export const MOST_GROUPS = 9 * GROUPS;

/**
 * What the workflow calls by itself, as narrow as the service authorization reference allows.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2autoscaling.html
 */
export function workflowStatements(props: CrashDumpResponseProps): PolicyStatement[] {
  return [
    new PolicyStatement({
      sid: 'FindGroup',
      actions: ['autoscaling:DescribeAutoScalingInstances', 'autoscaling:DescribeLifecycleHooks'],
      resources: ['*'],
    }),
    new PolicyStatement({
      sid: 'Remember',
      actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem'],
      resources: [props.interrupt.table.tableArn],
      // The claims in the same table are not its business.
      conditions: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [RECORD_KIND] } },
    }),
    ...props.opsItems ? [new PolicyStatement({ sid: 'CreateOpsItem', actions: ['ssm:CreateOpsItem'], resources: ['*'] })] : [],
  ];
}

/**
 * What keeps an instance in its group: a statement for so many groups as one policy has room for.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2autoscaling.html
 */
export function shieldStatements(stack: Stack, props: CrashDumpResponseProps): PolicyStatement[] {
  const actions = ['autoscaling:EnterStandby', 'autoscaling:ExitStandby', 'autoscaling:RecordLifecycleActionHeartbeat', 'autoscaling:CompleteLifecycleAction'];
  return groupScopes(stack, props).map(scope => new PolicyStatement({ sid: 'Shield', actions, ...scope }));
}

function groupScopes(stack: Stack, { interrupt: { _targets: targets }, autoScalingGroups }: CrashDumpResponseProps) {
  const arnOf = (name: string) => stack.formatArn({
    service: 'autoscaling', resource: 'autoScalingGroup', resourceName: `*:autoScalingGroupName/${name}`, arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  const groups = autoScalingGroups ?? (targets._group ? [targets._group] : []);
  if (groups.length > 0) {
    const arns = groups.map(each => arnOf(each.autoScalingGroupRef.autoScalingGroupName));
    return Array.from({ length: Math.ceil(arns.length / GROUPS) }, (_, index) => ({ resources: arns.slice(index * GROUPS, (index + 1) * GROUPS) }));
  }
  // Instances that are known at synth are in no group of which this could know.
  if (!targets._tag || autoScalingGroups) return [];
  return [{ resources: [arnOf('*')], conditions: { StringEquals: { [`aws:ResourceTag/${targets._tag.key}`]: targets._tag.values } } }];
}

/** What a look at the instance reads. */
export function watchStatements(stack: Stack, { interrupt: { _targets: targets } }: CrashDumpResponseProps): PolicyStatement[] {
  return [
    new PolicyStatement({ sid: 'Look', actions: ['ec2:DescribeInstanceStatus', 'ssm:DescribeInstanceInformation'], resources: ['*'] }),
    new PolicyStatement({ sid: 'ReadConsole', actions: ['ec2:GetConsoleOutput'], ...targets._iamScope(stack, 'aws:ResourceTag') }),
  ];
}

/** What the collection does: with this role the URLs are signed by which an instance uploads. */
export function collectStatements(
  stack: Stack, { interrupt: { _targets: targets } }: CrashDumpResponseProps, bucket: IBucket, documentName: string,
): PolicyStatement[] {
  return [
    new PolicyStatement({
      sid: 'RunDocument',
      actions: ['ssm:SendCommand'],
      resources: [stack.formatArn({ service: 'ssm', resource: 'document', resourceName: documentName })],
    }),
    new PolicyStatement({ sid: 'OnTargets', actions: ['ssm:SendCommand'], ...targets._iamScope(stack, 'ssm:resourceTag') }),
    new PolicyStatement({ sid: 'ReadOutput', actions: ['ssm:GetCommandInvocation'], resources: ['*'] }),
    new PolicyStatement({
      sid: 'Upload',
      // HeadObject, by which the whole is confirmed, is authorised as GetObject.
      actions: ['s3:PutObject', 's3:GetObject', 's3:ListMultipartUploadParts'],
      resources: [bucket.arnForObjects(OBJECTS)],
    }),
  ];
}

/** What the report reads: the log of the kernel. */
export function reportStatements(bucket: IBucket): PolicyStatement[] {
  return [new PolicyStatement({ sid: 'ReadKernelLog', actions: ['s3:GetObject'], resources: [bucket.arnForObjects(OBJECTS)] })];
}
