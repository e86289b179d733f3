import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import {
  DescribeInstancesCommand, DescribeInstanceStatusCommand, DescribeInstanceTypesCommand, EC2Client, SendDiagnosticInterruptCommand,
} from '@aws-sdk/client-ec2';
import { DescribeInstanceAssociationsStatusCommand, SSMClient } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { ALARM_ARN, ASSOCIATION, INSTANCE } from './fixtures';

export const cloudWatchMock = mockClient(CloudWatchClient);
export const ec2Mock = mockClient(EC2Client);
export const ssmMock = mockClient(SSMClient);

/** AWS answers as it does for a hung instance whose kdump is armed. */
export function awsAnswersForAHungInstance() {
  [cloudWatchMock, ec2Mock, ssmMock].forEach((mock) => mock.reset());
  cloudWatchMock.on(DescribeAlarmsCommand).resolves({
    MetricAlarms: [{ AlarmName: 'web-unresponsive', AlarmArn: ALARM_ARN, StateValue: 'ALARM', StateTransitionedTimestamp: new Date('2026-01-02T03:05:00Z') }],
  });
  ec2Mock.on(DescribeInstancesCommand).resolves({
    Reservations: [{
      Instances: [{
        InstanceId: INSTANCE,
        InstanceType: 'm7i.large',
        Architecture: 'x86_64',
        Hypervisor: 'xen', // so does EC2 for Nitro
        State: { Name: 'running', Code: 16 },
        Tags: [{ Key: 'kdump', Value: 'on' }],
      }],
    }],
  });
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
}

/** The instance as EC2 describes it, with some of it replaced. */
export function instanceIs(facts: object) {
  ec2Mock.on(DescribeInstancesCommand).resolves({
    Reservations: [{
      Instances: [{ InstanceId: INSTANCE, InstanceType: 'm7i.large', Architecture: 'x86_64', State: { Name: 'running' }, ...facts }],
    }],
  });
}

/** An error as the SDK throws it. */
export function awsError(name: string, httpStatusCode: number) {
  return Object.assign(new Error(`${name} happened`), { name, $fault: 'client', $metadata: { httpStatusCode } });
}

export const sends = () => ec2Mock.commandCalls(SendDiagnosticInterruptCommand);
export const awsCalls = () => [...cloudWatchMock.calls(), ...ec2Mock.calls(), ...ssmMock.calls()];
