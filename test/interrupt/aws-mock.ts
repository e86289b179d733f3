import { CloudFormationClient, DescribeStacksCommand, StackStatus } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, DescribeAlarmsCommand, ListAlarmMuteRulesCommand, MetricAlarm } from '@aws-sdk/client-cloudwatch';
import {
  DeleteItemCommand, DynamoDBClient, GetItemCommand, QueryCommand, TransactionCanceledException, TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import {
  DescribeInstancesCommand, DescribeInstanceStatusCommand, DescribeInstanceTypesCommand, EC2Client, SendDiagnosticInterruptCommand,
} from '@aws-sdk/client-ec2';
import { DescribeAssociationCommand, DescribeInstanceAssociationsStatusCommand, SSMClient } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { ALARM_ARN, ASSOCIATION, COMPOSITE_ARN, HEARTBEAT, INSTANCE, NOW, OTHER_ALARM_ARN } from './fixtures';

// Jest carries out no import(); that of the bundle is tried in bundle-deployment.test.ts.
jest.mock('../../src/interrupt/load-stack-reader', () => ({ loadStackReader: async () => jest.requireActual('../../src/interrupt/read-stack') }));

export const cloudFormationMock = mockClient(CloudFormationClient);
export const cloudWatchMock = mockClient(CloudWatchClient);
export const dynamoDbMock = mockClient(DynamoDBClient);
export const ec2Mock = mockClient(EC2Client);
export const ssmMock = mockClient(SSMClient);
const MOCKS = [cloudFormationMock, cloudWatchMock, dynamoDbMock, ec2Mock, ssmMock];

/** `Date` stands still, timers do not. Undone by `jest.useRealTimers`. */
export function itIs(now: Date = NOW) {
  jest.useFakeTimers({
    now,
    doNotFake: ['clearImmediate', 'clearInterval', 'clearTimeout', 'hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'setInterval', 'setTimeout'],
  });
}

/** AWS answers as it does for a hung instance whose kdump is armed, and that nobody has interrupted. */
export function awsAnswersForAHungInstance() {
  MOCKS.forEach((mock) => mock.reset());
  alarmsAre();
  cloudWatchMock.on(ListAlarmMuteRulesCommand).resolves({ AlarmMuteRuleSummaries: [] });
  instanceIs({ Tags: [{ Key: 'kdump', Value: 'on' }] });
  ec2Mock.on(DescribeInstanceStatusCommand).resolves({
    InstanceStatuses: [{
      InstanceId: INSTANCE,
      InstanceState: { Name: 'running', Code: 16 },
      InstanceStatus: { Status: 'impaired', Details: [{ Name: 'reachability', Status: 'failed', ImpairedSince: new Date('2026-01-02T03:04:00Z') }] },
      SystemStatus: { Status: 'ok', Details: [{ Name: 'reachability', Status: 'passed' }] },
    }],
  });
  // By what is asked, because the handler remembers a type once it has seen it.
  ec2Mock.on(DescribeInstanceTypesCommand).callsFake(({ InstanceTypes: [InstanceType] }) => (
    { InstanceTypes: [{ InstanceType, Hypervisor: 'nitro', BareMetal: false, ProcessorInfo: { SupportedArchitectures: ['x86_64'] } }] }
  ));
  ec2Mock.on(SendDiagnosticInterruptCommand).resolves({});
  ssmMock.on(DescribeInstanceAssociationsStatusCommand).resolves({
    InstanceAssociationStatusInfos: [
      { AssociationId: '99999999-2222-4333-8444-555555555555', InstanceId: INSTANCE, Status: 'Failed' },
      {
        AssociationId: ASSOCIATION,
        InstanceId: INSTANCE,
        Status: 'Success',
        DetailedStatus: 'Success',
        ExecutionDate: new Date('2026-01-01T00:00:00Z'),
      },
    ],
  });
  ssmMock.on(DescribeAssociationCommand).resolves({
    AssociationDescription: { Overview: { Status: 'Success', AssociationStatusAggregatedCount: { Success: 20, Failed: 5, Pending: 1 } } },
  });
  dynamoDbMock.on(GetItemCommand).resolves({});
  dynamoDbMock.on(QueryCommand).resolves({ Items: [] });
  dynamoDbMock.on(TransactWriteItemsCommand).resolves({});
  dynamoDbMock.on(DeleteItemCommand).resolves({});
}

/** Each stack has this status. */
export function stackIs(status: StackStatus) {
  cloudFormationMock.on(DescribeStacksCommand).callsFake(({ StackName: StackId }) => ({ Stacks: [{ StackId, StackStatus: status }] }));
}

/** The alarms of the fixtures, of which those that are asked for are answered. Some of the first may be replaced. */
export function alarmsAre(facts: Partial<MetricAlarm> = {}, composite: object = {}) {
  const since = { StateTransitionedTimestamp: new Date('2026-01-02T03:05:00Z') };
  const Dimensions = [{ Name: 'InstanceId', Value: INSTANCE }];
  const metricAlarms = [
    {
      AlarmName: 'web-unresponsive',
      AlarmArn: ALARM_ARN,
      StateValue: 'ALARM' as const,
      ...since,
      Namespace: 'AWS/EC2',
      MetricName: 'StatusCheckFailed_Instance',
      Dimensions,
      ...facts,
    },
    {
      AlarmName: 'web-heartbeat',
      AlarmArn: OTHER_ALARM_ARN,
      StateValue: 'ALARM' as const,
      ...since,
      Namespace: HEARTBEAT.namespace,
      MetricName: HEARTBEAT.metricName,
      Dimensions,
    },
  ];
  const compositeAlarms = [{ AlarmName: 'web-hung', AlarmArn: COMPOSITE_ARN, StateValue: 'ALARM' as const, ...since, AlarmRule: 'TRUE', ...composite }];
  cloudWatchMock.on(DescribeAlarmsCommand).callsFake(({ AlarmNames, AlarmTypes }) => ({
    MetricAlarms: AlarmTypes.includes('MetricAlarm') ? metricAlarms.filter(({ AlarmName }) => AlarmNames.includes(AlarmName)) : [],
    CompositeAlarms: AlarmTypes.includes('CompositeAlarm') ? compositeAlarms.filter(({ AlarmName }) => AlarmNames.includes(AlarmName)) : [],
  }));
}

/** The instance as EC2 describes it, with some of it replaced. */
export function instanceIs(facts: object) {
  ec2Mock.on(DescribeInstancesCommand).resolves({
    Reservations: [{
      Instances: [{
        InstanceId: INSTANCE,
        InstanceType: 'm7i.large',
        Architecture: 'x86_64',
        Hypervisor: 'xen', // so does EC2 for Nitro
        LaunchTime: new Date('2025-12-01T00:00:00Z'),
        State: { Name: 'running', Code: 16 },
        ...facts,
      }],
    }],
  });
}

/** An error as the SDK throws it. */
export function awsError(name: string, httpStatusCode: number) {
  return Object.assign(new Error(`${name} happened`), { name, $fault: 'client', $metadata: { httpStatusCode } });
}

/** A transaction that was not carried out, for these reasons, in the order of its items. */
export function cancelled(...codes: string[]) {
  return new TransactionCanceledException({
    message: 'Transaction cancelled', $metadata: { httpStatusCode: 400 }, CancellationReasons: codes.map(Code => ({ Code })),
  });
}

export const forgetCalls = () => MOCKS.forEach((mock) => mock.resetHistory());
export const sends = () => ec2Mock.commandCalls(SendDiagnosticInterruptCommand);
export const awsCalls = () => MOCKS.flatMap(mock => mock.calls() as { args: unknown[] }[]);
