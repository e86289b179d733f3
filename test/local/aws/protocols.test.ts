import { DescribeAlarmsCommand, PutDashboardCommand, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import {
  DescribeInstancesCommand, DescribeInstanceStatusCommand, DescribeInstanceTypesCommand, DescribeVolumesCommand, GetConsoleOutputCommand,
  RebootInstancesCommand, SendDiagnosticInterruptCommand,
} from '@aws-sdk/client-ec2';
import {
  DescribeInstanceAssociationsStatusCommand, DescribeInstanceInformationCommand, GetCommandInvocationCommand, GetParameterCommand, SendCommandCommand,
} from '@aws-sdk/client-ssm';
import { aws, AWS_CLIS, sdk } from './clients';
import { MemoryMachine } from './memory-machine';
import { AlarmProperties } from '../../../local/aws/alarm';
import { LocalAws } from '../../../local/aws/aws-endpoint';

const ALARM: AlarmProperties = {
  AlarmName: 'Web & <unresponsive>',
  Namespace: 'AWS/EC2',
  MetricName: 'StatusCheckFailed_Instance',
  Dimensions: [{ Name: 'InstanceId', Value: 'i-0123456789abcdef0' }],
  Period: 60,
  Statistic: 'Maximum',
  EvaluationPeriods: 2,
  Threshold: 1,
  ComparisonOperator: 'GreaterThanOrEqualToThreshold',
};
const InstanceId = 'i-0123456789abcdef0';

let local: LocalAws;
let endpoint: string;
let machine: MemoryMachine;
let clients: ReturnType<typeof sdk>;

beforeEach(async () => {
  local = new LocalAws({ minuteMs: 60_000 });
  endpoint = await local.listen();
  machine = new MemoryMachine(InstanceId, 't3.micro', { Team: 'web & <co>' });
  local.launch(machine);
  local.cloudwatch.createAlarm(ALARM);
  clients = sdk(endpoint);
});

afterEach(async () => {
  clients.destroy();
  await local.close();
});

describe('EC2 over its query protocol, with the SDK', () => {
  test('sends a diagnostic interrupt', async () => {
    await clients.ec2.send(new SendDiagnosticInterruptCommand({ InstanceId }));
    expect(machine.nmis).toBe(1);
    expect(local.calls).toMatchObject([{
      caller: 'arn:aws:iam::123456789012:user/developer', service: 'ec2', action: 'SendDiagnosticInterrupt', params: { InstanceId }, status: 200,
    }]);
  });

  test('describes instances with their tags, by id and by filter', async () => {
    local.launch(new MemoryMachine('i-0fedcba9876543210', 'm5.large'));
    const all = await clients.ec2.send(new DescribeInstancesCommand({}));
    expect(all.Reservations).toHaveLength(2);
    const some = await clients.ec2.send(new DescribeInstancesCommand({ Filters: [{ Name: 'tag:Team', Values: ['db', 'web & <co>'] }] }));
    expect(some.Reservations).toHaveLength(1);
    expect(some.Reservations![0].Instances![0]).toMatchObject({
      InstanceId, InstanceType: 't3.micro', State: { Code: 16, Name: 'running' }, Architecture: 'x86_64', Tags: [{ Key: 'Team', Value: 'web & <co>' }],
    });
    expect(some.Reservations![0].Instances![0].LaunchTime).toBeInstanceOf(Date);
  });

  test('describes the status of running instances, and of all when asked', async () => {
    machine.current = 'stopped';
    expect((await clients.ec2.send(new DescribeInstanceStatusCommand({ InstanceIds: [InstanceId] }))).InstanceStatuses).toEqual([]);
    const { InstanceStatuses } = await clients.ec2.send(new DescribeInstanceStatusCommand({ InstanceIds: [InstanceId], IncludeAllInstances: true }));
    expect(InstanceStatuses).toMatchObject([{ InstanceId, InstanceState: { Name: 'stopped' }, SystemStatus: { Status: 'not-applicable' } }]);
  });

  test.each([
    ['t3.micro', { Hypervisor: 'nitro', BareMetal: false, ProcessorInfo: { SupportedArchitectures: ['x86_64'] } }],
    ['t4g.micro', { Hypervisor: 'nitro', BareMetal: false, ProcessorInfo: { SupportedArchitectures: ['arm64'] } }],
    ['m4.large', { Hypervisor: 'xen', BareMetal: false }],
    ['m5.metal', { BareMetal: true }],
  ])('describes the instance type %s', async (type, facts) => {
    const { InstanceTypes } = await clients.ec2.send(new DescribeInstanceTypesCommand({ InstanceTypes: [type as 't3.micro'] }));
    expect(InstanceTypes).toMatchObject([{ InstanceType: type, ...facts }]);
    expect(InstanceTypes![0].Hypervisor).toBe((facts as { Hypervisor?: string }).Hypervisor);
  });

  test('answers the console and reboots', async () => {
    const { Output } = await clients.ec2.send(new GetConsoleOutputCommand({ InstanceId, Latest: true }));
    expect(Buffer.from(Output!, 'base64').toString()).toBe(machine.console);
    await clients.ec2.send(new RebootInstancesCommand({ InstanceIds: [InstanceId] }));
    expect(machine.reboots).toBe(1);
  });

  test.each([
    ['a dry run', { InstanceId, DryRun: true }, 'DryRunOperation', 412],
    ['an unknown instance', { InstanceId: 'i-00000000000000000' }, 'InvalidInstanceID.NotFound', 400],
    ['an id that is none', { InstanceId: 'web' }, 'InvalidInstanceID.Malformed', 400],
  ])('refuses an interrupt for %s', async (_, input, code, status) => {
    await expect(clients.ec2.send(new SendDiagnosticInterruptCommand(input)))
      .rejects.toMatchObject({ name: code, $metadata: { httpStatusCode: status, requestId: expect.any(String) } });
    expect(machine.nmis).toBe(0);
  });

  test.each(['t2.micro', 't4g.micro'])('refuses an interrupt of a %s', async type => {
    const other = new MemoryMachine('i-0fedcba9876543210', type);
    local.launch(other);
    await expect(clients.ec2.send(new SendDiagnosticInterruptCommand({ InstanceId: other.instanceId }))).rejects.toMatchObject({ name: 'UnsupportedOperation' });
    expect(other.nmis).toBe(0);
  });

  test('refuses an interrupt of an instance that does not run', async () => {
    machine.current = 'stopped';
    await expect(clients.ec2.send(new SendDiagnosticInterruptCommand({ InstanceId }))).rejects.toMatchObject({ name: 'IncorrectState' });
  });

  test('refuses parameters that it would have to ignore', async () => {
    await expect(clients.ec2.send(new DescribeInstancesCommand({ NextToken: 'x' }))).rejects.toMatchObject({ message: expect.stringContaining('does not play NextToken of DescribeInstances') });
  });

  test('refuses actions that it does not have', async () => {
    await expect(clients.ec2.send(new DescribeVolumesCommand({}))).rejects.toMatchObject({ name: 'InvalidAction', $metadata: { httpStatusCode: 400 } });
    expect(local.calls).toMatchObject([{ action: 'DescribeVolumes', status: 400, error: 'InvalidAction' }]);
  });
});

describe('Systems Manager over AWS JSON 1.1, with the SDK', () => {
  test('answers lists and time stamps', async () => {
    await fetchNext();
    const { InstanceInformationList } = await clients.ssm.send(new DescribeInstanceInformationCommand({}));
    expect(InstanceInformationList).toMatchObject([{ InstanceId, PingStatus: 'Online' }]);
    expect(InstanceInformationList![0].LastPingDateTime!.getTime()).toBeGreaterThan(Date.now() - 60_000);
    const { InstanceAssociationStatusInfos } = await clients.ssm.send(new DescribeInstanceAssociationsStatusCommand({ InstanceId }));
    expect(InstanceAssociationStatusInfos).toEqual([]);
  });

  test.each([
    ['a document that is not there', { DocumentName: 'Nothing', InstanceIds: [InstanceId] }, 'InvalidDocument'],
    ['an instance that is not there', { DocumentName: 'AWS-RunShellScript', InstanceIds: ['i-00000000000000000'] }, 'InvalidInstanceId'],
    ['an instance whose agent never reported', { DocumentName: 'AWS-RunShellScript', InstanceIds: [InstanceId] }, 'InvalidInstanceId'],
  ])('refuses a command for %s', async (_, input, name) => {
    await expect(clients.ssm.send(new SendCommandCommand(input))).rejects.toMatchObject({ name, $metadata: { httpStatusCode: 400 } });
  });

  test('refuses what it does not know', async () => {
    await expect(clients.ssm.send(new GetCommandInvocationCommand({ CommandId: '00000000-0000-0000-0000-000000000000', InstanceId })))
      .rejects.toMatchObject({ name: 'InvocationDoesNotExist' });
    await expect(clients.ssm.send(new GetParameterCommand({ Name: 'x' }))).rejects.toMatchObject({ name: 'UnknownOperationException' });
  });

  async function fetchNext() {
    fetch(`${endpoint}/agent/${InstanceId}/next`).catch(() => {}); // held until close
    await local.waitFor('the agent', () => local.ssm.agents.nodes.has(InstanceId), 5000);
  }
});

describe('CloudWatch over what the SDK speaks', () => {
  test('describes and sets alarms', async () => {
    await clients.cloudwatch.send(new SetAlarmStateCommand({ AlarmName: ALARM.AlarmName, StateValue: 'ALARM', StateReason: 'test' }));
    const { MetricAlarms } = await clients.cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: [ALARM.AlarmName] }));
    expect(MetricAlarms).toMatchObject([{ ...ALARM, StateValue: 'ALARM', StateReason: 'test' }]);
    expect(MetricAlarms![0].StateUpdatedTimestamp).toBeInstanceOf(Date);
  });

  test('refuses unknown alarms and actions', async () => {
    await expect(clients.cloudwatch.send(new SetAlarmStateCommand({ AlarmName: 'x', StateValue: 'OK', StateReason: 'test' })))
      .rejects.toMatchObject({ name: expect.stringMatching(/^ResourceNotFound/) });
    await expect(clients.cloudwatch.send(new PutDashboardCommand({ DashboardName: 'x', DashboardBody: '{}' })))
      .rejects.toMatchObject({ name: 'UnknownOperationException' });
  });
});

describe('the AWS CLI', () => {
  jest.setTimeout(60_000);

  test('is there', () => {
    if (!AWS_CLIS.length) throw new Error('These tests need the AWS CLI on the PATH: apt-get install awscli.');
  });

  describe.each(AWS_CLIS)('%s', cli => {
    test('sends a diagnostic interrupt', async () => {
      expect(await aws(cli, endpoint, 'ec2', 'send-diagnostic-interrupt', '--instance-id', InstanceId)).toMatchObject({ code: 0, stderr: '' });
      expect(machine.nmis).toBe(1);
    });

    test('shows the errors', async () => {
      const dryRun = await aws(cli, endpoint, 'ec2', 'send-diagnostic-interrupt', '--instance-id', InstanceId, '--dry-run');
      expect(dryRun.stderr).toContain('(DryRunOperation)');
      expect(dryRun.code).not.toBe(0);
      const unknown = await aws(cli, endpoint, 'ec2', 'send-diagnostic-interrupt', '--instance-id', 'i-00000000000000000');
      expect(unknown.stderr).toContain('(InvalidInstanceID.NotFound)');
      expect(machine.nmis).toBe(0);
    });

    test('describes what there is, in all services', async () => {
      const status = await aws(cli, endpoint, 'ec2', 'describe-instance-status', '--instance-ids', InstanceId);
      expect(JSON.parse(status.stdout).InstanceStatuses[0].InstanceStatus).toEqual({ Status: 'initializing', Details: [{ Name: 'reachability', Status: 'initializing' }] });
      const associations = await aws(cli, endpoint, 'ssm', 'describe-instance-associations-status', '--instance-id', InstanceId);
      expect(JSON.parse(associations.stdout)).toEqual({ InstanceAssociationStatusInfos: [] });
      expect((await aws(cli, endpoint, 'cloudwatch', 'set-alarm-state', '--alarm-name', ALARM.AlarmName, '--state-value', 'OK', '--state-reason', 'x')).stderr).toBe('');
      const alarms = await aws(cli, endpoint, 'cloudwatch', 'describe-alarms', '--alarm-names', ALARM.AlarmName, '--alarm-types', 'MetricAlarm');
      expect(JSON.parse(alarms.stdout).MetricAlarms).toMatchObject([{ ...ALARM, StateValue: 'OK' }]);
      const refused = await aws(cli, endpoint, 'cloudwatch', 'set-alarm-state', '--alarm-name', 'x', '--state-value', 'OK', '--state-reason', 'x');
      expect(refused.stderr).toContain('(ResourceNotFound');
    });

    test('refuses services that are not played', async () => {
      expect((await aws(cli, endpoint, 'sqs', 'list-queues')).stderr).toContain('this call was signed for sqs');
    });
  });
});

test('refuses a call without a signature', async () => {
  const answer = await fetch(endpoint, { method: 'POST', body: 'Action=DescribeInstances' });
  expect(answer.status).toBe(403);
  expect(await answer.json()).toMatchObject({ __type: 'MissingAuthenticationToken' });
});
