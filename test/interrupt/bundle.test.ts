import { Answer, Deployed, linesIn, metricsIn, Setting, WEB } from './deployed';
import { InterruptMode, KdumpTargets } from '../../src';
import { MemoryMachine } from '../local/aws/memory-machine';

jest.setTimeout(60_000);
const OTHER = 'i-0fedcba9876543210';

let deployed: Deployed;
afterEach(() => deployed.close());

async function deploy(setting?: Setting): Promise<Deployed> {
  deployed = await Deployed.deploy(setting);
  return deployed;
}

const actions = () => deployed.calls.map(each => each.action).sort();
const direct = (instanceId = WEB) => ({ instanceId, reason: 'a game day' });

function expectRefused({ outcome, logs }: Answer, reason: string): void {
  expect(outcome).toMatchObject({ decision: 'refuse', reason, sent: false });
  expect(metricsIn(logs)).toContainEqual(expect.objectContaining({ InterruptsRefused: 1, Reason: reason }));
}

test('an armed machine that hangs is interrupted once; the role allows what that takes', async () => {
  await deploy();
  await deployed.agentReports(0);
  const { outcome, logs } = await deployed.hang();
  expect(outcome).toMatchObject({ decision: 'interrupt', instanceId: WEB, sent: true });
  expect(deployed.machine.nmis).toBe(1);
  expect(deployed.calls.filter(each => each.error)).toEqual([]);
  expect(actions()).toEqual([
    'DescribeAlarms', 'DescribeInstanceAssociationsStatus', 'DescribeInstanceStatus', 'DescribeInstanceTypes', 'DescribeInstances',
    'GetItem', 'ListAlarmMuteRules', 'Query', 'SendDiagnosticInterrupt', 'TransactWriteItems',
  ]);
  expect(metricsIn(logs)).toMatchObject([{ InterruptsSent: 1 }]);
});

test('refuses the same event when it is delivered a second time', async () => {
  await deploy();
  await deployed.agentReports(0);
  await deployed.hang();
  expectRefused(await deployed.call(deployed.local.invocations[0].event), 'CoolingDown');
  expect(deployed.machine.nmis).toBe(1);
});

test('an instance with the tag is interrupted', async () => {
  await deploy({ tags: { Kdump: 'on' }, targets: () => KdumpTargets.tag('Kdump', 'on') });
  await deployed.agentReports(0);
  expect((await deployed.hang()).outcome).toMatchObject({ decision: 'interrupt', sent: true });
  expect(deployed.machine.nmis).toBe(1);
});

test('refuses a machine on which the program failed', async () => {
  await deploy();
  await deployed.agentReports(20);
  expectRefused(await deployed.hang(), 'KdumpNotArmed');
  expect(deployed.machine.nmis).toBe(0);
});

test('refuses by DryRun where it would have interrupted, and claims nothing', async () => {
  await deploy({ mode: InterruptMode.DRY_RUN });
  await deployed.agentReports(0);
  expectRefused(await deployed.hang(), 'DryRun');
  expect(deployed.machine.nmis).toBe(0);
  expect(actions()).not.toContain('TransactWriteItems');
});

test('refuses a machine that answers', async () => {
  await deploy();
  await deployed.agentReports(0);
  await deployed.local.waitFor('the machine to be seen', () => deployed.local.ec2.get(WEB).status === 'ok', 30_000);
  expectRefused(await deployed.call(direct()), 'Responsive');
  expect(deployed.machine.nmis).toBe(0);
});

test('refuses an instance that is no target, without a call', async () => {
  await deploy();
  deployed.local.launch(new MemoryMachine(OTHER));
  expectRefused(await deployed.call(direct(OTHER)), 'NotATarget');
  expect(deployed.calls).toEqual([]);
});

test('refuses an instance without the tag; its role may not even read its readiness', async () => {
  await deploy({ tags: { Kdump: 'on' }, targets: () => KdumpTargets.tag('Kdump', 'on') });
  deployed.local.launch(new MemoryMachine(OTHER));
  expectRefused(await deployed.call(direct(OTHER)), 'NotATarget');
  expect(deployed.calls.filter(each => each.error).map(each => each.action)).toEqual(['DescribeInstanceAssociationsStatus']);
});

test.each<[string, unknown]>([
  ['of another service', { source: 'aws.ec2', detail: { 'instance-id': WEB } }],
  ['without an instance', { reason: 'none' }],
  ['with a wish that nobody grants', { instanceId: WEB, reason: 'x', force: true }],
  ['that is no object', 'interrupt everything'],
])('fails by name at an event %s: a log line, a metric and no call', async (_, event) => {
  await deploy();
  const { error, logs } = await deployed.call(event);
  expect(error).toMatchObject({ errorType: 'UnknownEvent' });
  expect(linesIn(logs).filter(line => line.level === 'ERROR')).toMatchObject([{ message: 'RequestFailed', error: { name: 'UnknownEvent' } }]);
  expect(metricsIn(logs)).toMatchObject([{ Errors: 1, ErrorName: 'UnknownEvent' }]);
  expect(deployed.calls).toEqual([]);
});
