import { CfnResource, Stack } from 'aws-cdk-lib';
import { CfnAlarm, IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
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
 * What the decision reads and what it may do, as narrow as the service authorization reference allows. Without statement IDs, which
 * must be unique in a policy: a role that is brought may be that of several.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
 */
export function interruptStatements(stack: Stack, { kdump, targets, circuitBreaker, tableArn }: InterruptScope): PolicyStatement[] {
  return [
    new PolicyStatement({
      // EC2's Describe actions know no resources, and mute rules have names that are not known here.
      actions: ['ec2:DescribeInstances', 'ec2:DescribeInstanceStatus', 'ec2:DescribeInstanceTypes', 'cloudwatch:ListAlarmMuteRules'],
      resources: ['*'],
    }),
    ...circuitBreaker._needsFleetSize ? [new PolicyStatement({
      actions: ['ssm:DescribeAssociation'],
      resources: [stack.formatArn({ service: 'ssm', resource: 'association', resourceName: kdump.associationId })],
    })] : [],
    new PolicyStatement({
      // TransactWriteItems is authorised as the actions in it.
      actions: ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'],
      resources: [tableArn],
    }),
    ...targetStatements(stack, targets),
  ];
}

function targetStatements(stack: Stack, targets: KdumpTargets): PolicyStatement[] {
  const [readReadiness, interrupt] = ['ssm:DescribeInstanceAssociationsStatus', 'ec2:SendDiagnosticInterrupt'];
  if (!targets._tag) {
    // Once for both: the inline policies of a role have 10,240 characters altogether, and the ARNs of 50 instances fill a third.
    return [new PolicyStatement({ actions: [readReadiness, interrupt], ...targets._iamScope(stack, '') })];
  }
  return [
    // The reference has the key of Systems Manager's own for instances, but for this action the global one alone: whichever is there counts.
    new PolicyStatement({ actions: [readReadiness], ...targets._iamScope(stack, 'ssm:resourceTag') }),
    new PolicyStatement({ actions: [readReadiness, interrupt], ...targets._iamScope(stack, 'aws:ResourceTag') }),
  ];
}

/**
 * What Lambda needs to connect the function to a VPC. The CDK gives it to roles that it makes for a function, and to no other.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
 */
export function vpcStatements(stack: Stack): PolicyStatement[] {
  return [
    new PolicyStatement({
      actions: ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'],
      resources: ['*'],
    }),
    new PolicyStatement({
      actions: ['ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface', 'ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses'],
      // Lambda documents this form: it does not work with narrower ones of DeleteNetworkInterface.
      resources: [stack.formatArn({ service: 'ec2', resource: '*', resourceName: '*' })],
    }),
  ];
}

/** What it takes to look at an alarm: a metric alarm, or a composite one. */
export function alarmStatements(alarm: IAlarm): PolicyStatement[] {
  return [
    // "You can't return information about composite alarms if your cloudwatch:DescribeAlarms permission has a narrower scope" than *
    // (CloudWatch API Reference, DescribeAlarms)
    new PolicyStatement({ actions: ['cloudwatch:DescribeAlarms'], resources: [isMetricAlarm(alarm) ? alarm.alarmArn : '*'] }),
  ];
}

/** What it takes to look at a stack, given by its ID. */
export function stackStatement(stackId: string): PolicyStatement {
  return new PolicyStatement({ actions: ['cloudformation:DescribeStacks'], resources: [stackId] });
}

/** Of an imported one it is not known. */
function isMetricAlarm({ node: { defaultChild } }: IAlarm): boolean {
  return CfnResource.isCfnResource(defaultChild) && defaultChild.cfnResourceType === CfnAlarm.CFN_RESOURCE_TYPE_NAME;
}
