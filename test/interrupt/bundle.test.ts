import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { CfnInstance } from 'aws-cdk-lib/aws-ec2';
import { LocalAws } from '../../local/aws/aws-endpoint';
import { DiagnosticInterrupt, DiagnosticInterruptAction, InterruptMode, KdumpAssociation, KdumpTargets, UnresponsiveAlarm } from '../../src';
import { MemoryMachine } from '../local/aws/memory-machine';

// The synthesised template, the bundled function and its SDK clients, over HTTP; only the machines are in memory.

process.env.CDK_VALIDATION = 'false';
jest.setTimeout(60_000);
const TIMEOUT = 30_000;
const [WEB, OTHER] = ['i-0123456789abcdef0', 'i-0fedcba9876543210'];

let directory: string;
let local: LocalAws;
let machine: MemoryMachine;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'bundle-test-'));
  local = new LocalAws({ minuteMs: 200 });
  await local.listen();
});

afterEach(async () => {
  await local.close();
  rmSync(directory, { recursive: true });
});

interface Setting {
  readonly tags?: Record<string, string>;
  readonly targets?: (instance: CfnInstance) => KdumpTargets;
  readonly mode?: InterruptMode;
}

/** Deploys kdump, an alarm and the interrupt for one instance. */
function deploy({ tags = {}, targets = KdumpTargets.instance, mode }: Setting = {}): void {
  machine = new MemoryMachine(WEB, 't3.micro', tags);
  const stack = new Stack(new App({ outdir: directory }), 'Test');
  const instance = new CfnInstance(stack, 'Web', { instanceType: 't3.micro' });
  const kdump = new KdumpAssociation(stack, 'Kdump', { targets: targets(instance) });
  const interrupt = new DiagnosticInterrupt(stack, 'Interrupt', { kdump, mode });
  new UnresponsiveAlarm(stack, 'Alarm', { instance }).addAlarmAction(new DiagnosticInterruptAction(interrupt));
  (stack.node.root as App).synth();
  local.deploy(directory, 'Test', { machines: { Web: machine } });
}

/** Plays the agent on the instance, whose kdump program ends like this. */
async function agentReports(exitCode: number): Promise<void> {
  const agent = `http://127.0.0.1:${local.port}/agent/${WEB}`;
  const { commandId } = await (await fetch(`${agent}/next`)).json() as { commandId: string };
  const post = (verb: string, body: object) => fetch(`${agent}/${verb}`, { method: 'POST', body: JSON.stringify(body) });
  await post('accepted', { commandId });
  await post('result', { commandId, status: exitCode ? 'Failed' : 'Success', exitCode, stdout: '', stderr: '', runs: 1 });
}

/** The machine stops answering; the alarm goes off by itself and the function has decided. */
async function hang() {
  await local.waitFor('the machine to be seen', () => local.ec2.get(WEB).status === 'ok', TIMEOUT);
  machine.answers = false;
  const [invocation] = await local.waitFor('a verdict', () => local.invocations.some(each => each.attempts.length) && local.invocations, TIMEOUT);
  const [{ result, error, logs }] = invocation.attempts;
  return { outcome: result && JSON.parse(result), error, logs };
}

/** Calls the function as an operator would. */
async function call(event: unknown) {
  const { code: { properties: { name } } } = [...local.lambda.functions.values()][0];
  await local.lambda.operations.Invoke.run({ FunctionName: name, Payload: JSON.stringify(event) });
  const [{ result, error, logs }] = local.invocations[local.invocations.length - 1].attempts;
  return { outcome: result && JSON.parse(result), error, logs };
}

const byFunction = () => local.calls.filter(each => each.caller.includes(':assumed-role/'));
const metricsIn = (logs: string[]) => logs.map(line => JSON.parse(line)).filter(line => line._aws);

test('an armed machine that hangs is interrupted once; the role allows what that takes', async () => {
  deploy();
  await agentReports(0);
  const { outcome, logs } = await hang();
  expect(outcome).toMatchObject({ decision: 'interrupt', instanceId: WEB, sent: true });
  expect(machine.nmis).toBe(1);
  expect(byFunction().filter(each => each.error)).toEqual([]);
  expect(byFunction().map(each => each.action).sort()).toEqual([
    'DescribeAlarms', 'DescribeInstanceAssociationsStatus', 'DescribeInstanceStatus', 'DescribeInstanceTypes', 'DescribeInstances',
    'SendDiagnosticInterrupt',
  ]);
  expect(metricsIn(logs)).toMatchObject([{ InterruptsSent: 1 }]);
});

test('an instance with the tag is interrupted', async () => {
  deploy({ tags: { Kdump: 'on' }, targets: () => KdumpTargets.tag('Kdump', 'on') });
  await agentReports(0);
  expect((await hang()).outcome).toMatchObject({ decision: 'interrupt', sent: true });
  expect(machine.nmis).toBe(1);
});

test('refuses a machine on which the program failed', async () => {
  deploy();
  await agentReports(20);
  const { outcome, logs } = await hang();
  expect(outcome).toMatchObject({ decision: 'refuse', reason: 'KdumpNotArmed', sent: false });
  expect(machine.nmis).toBe(0);
  expect(metricsIn(logs)).toMatchObject([{ InterruptsRefused: 1, Reason: 'KdumpNotArmed' }]);
});

test('refuses by DryRun where it would have interrupted', async () => {
  deploy({ mode: InterruptMode.DRY_RUN });
  await agentReports(0);
  expect((await hang()).outcome).toMatchObject({ decision: 'refuse', reason: 'DryRun', sent: false });
  expect(machine.nmis).toBe(0);
});

test('refuses a machine that answers', async () => {
  deploy();
  await agentReports(0);
  await local.waitFor('the machine to be seen', () => local.ec2.get(WEB).status === 'ok', TIMEOUT);
  expect((await call({ instanceId: WEB, reason: 'a game day' })).outcome).toMatchObject({ decision: 'refuse', reason: 'Responsive' });
  expect(machine.nmis).toBe(0);
});

test('refuses an instance that is no target, without a call', async () => {
  deploy();
  local.launch(new MemoryMachine(OTHER));
  expect((await call({ instanceId: OTHER, reason: 'a mistake' })).outcome).toMatchObject({ decision: 'refuse', reason: 'NotATarget' });
  expect(byFunction()).toEqual([]);
});

test('refuses an instance without the tag; its role may not even read its readiness', async () => {
  deploy({ tags: { Kdump: 'on' }, targets: () => KdumpTargets.tag('Kdump', 'on') });
  local.launch(new MemoryMachine(OTHER));
  expect((await call({ instanceId: OTHER, reason: 'a mistake' })).outcome).toMatchObject({ decision: 'refuse', reason: 'NotATarget' });
  expect(byFunction().filter(each => each.error).map(each => each.action)).toEqual(['DescribeInstanceAssociationsStatus']);
});

test.each<[string, unknown]>([
  ['of another service', { source: 'aws.ec2', detail: { 'instance-id': WEB } }],
  ['without an instance', { reason: 'none' }],
  ['with a wish that nobody grants', { instanceId: WEB, reason: 'x', force: true }],
  ['that is no object', 'interrupt everything'],
])('fails by name at an event %s: a log line, a metric and no call', async (_, event) => {
  deploy();
  const { error, logs } = await call(event);
  expect(error).toMatchObject({ errorType: 'UnknownEvent' });
  expect(logs.map(line => JSON.parse(line)).filter(line => line.level === 'ERROR')).toMatchObject([{ message: 'InterruptFailed', error: { name: 'UnknownEvent' } }]);
  expect(metricsIn(logs)).toMatchObject([{ Errors: 1, ErrorName: 'UnknownEvent' }]);
  expect(local.calls).toEqual([]);
});
