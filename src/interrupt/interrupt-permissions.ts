import { CfnResource, Stack } from 'aws-cdk-lib';
import { CfnCompositeAlarm, IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CircuitBreaker } from './circuit-breaker';
import { IKdumpAssociation } from '../kdump/kdump-association';
import { KdumpTargets } from '../kdump/kdump-targets';

export interface InterruptScope {
  readonly kdump: IKdumpAssociation;
  readonly targets: KdumpTargets;
  readonly circuitBreaker: CircuitBreaker;
  readonly tableArn: string;
}

/**
 * What the decision reads and what it may do, as narrow as the service authorization reference allows.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
 */
export function interruptStatements(stack: Stack, { kdump, targets, circuitBreaker, tableArn }: InterruptScope): PolicyStatement[] {
  return [
    new PolicyStatement({
      sid: 'ReadEvidence',
      // EC2's Describe actions know no resources.
      actions: ['ec2:DescribeInstances', 'ec2:DescribeInstanceStatus', 'ec2:DescribeInstanceTypes'],
      resources: ['*'],
    }),
    new PolicyStatement({
      sid: 'ReadReadiness',
      actions: ['ssm:DescribeInstanceAssociationsStatus'],
      ...targets._iamScope(stack, 'ssm:resourceTag'),
    }),
    ...circuitBreaker._needsFleetSize ? [new PolicyStatement({
      sid: 'ReadFleet',
      actions: ['ssm:DescribeAssociation'],
      resources: [stack.formatArn({ service: 'ssm', resource: 'association', resourceName: kdump.associationId })],
    })] : [],
    new PolicyStatement({
      sid: 'Claim',
      // TransactWriteItems is authorised as the actions in it.
      actions: ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:DeleteItem'],
      resources: [tableArn],
    }),
    new PolicyStatement({
      sid: 'Interrupt',
      actions: ['ec2:SendDiagnosticInterrupt'],
      ...targets._iamScope(stack, 'aws:ResourceTag'),
    }),
  ];
}

/** What it takes to look at an alarm: a metric alarm with a contributor for each instance, another one, or a composite alarm. */
export function alarmStatements(alarm: IAlarm): PolicyStatement[] {
  const read = ['cloudwatch:DescribeAlarms', 'cloudwatch:DescribeAlarmContributors'];
  return [
    // "You can't return information about composite alarms if your cloudwatch:DescribeAlarms permission has a narrower scope" than *
    // (CloudWatch API Reference, DescribeAlarms)
    new PolicyStatement({ actions: read, resources: [isComposite(alarm) ? '*' : alarm.alarmArn] }),
    new PolicyStatement({ actions: ['cloudwatch:ListAlarmMuteRules'], resources: ['*'] }),
  ];
}

function isComposite({ node: { defaultChild } }: IAlarm): boolean {
  return CfnResource.isCfnResource(defaultChild) && defaultChild.cfnResourceType === CfnCompositeAlarm.CFN_RESOURCE_TYPE_NAME;
}
