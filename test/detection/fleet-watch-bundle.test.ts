import { Fault } from '../../local/aws/fault';
import { FleetWatch } from '../../src';
import { Deployed, TIMEOUT, WEB } from '../interrupt/deployed';
import { MemoryMachine } from '../local/aws/memory-machine';

// From machines that hang to events and an interrupt, with nobody in between: the schedule, the bundled function with its SDK clients, a table
// in an emulator of DynamoDB, the rules of EventBridge.

jest.setTimeout(4 * TIMEOUT);

let deployed: Deployed;
afterEach(() => deployed.close());

/** A watch that hands what it finds to the interrupt; a machine that is armed and well. */
async function deploy(): Promise<void> {
  deployed = await Deployed.deploy({
    alarm: false,
    aws: { minuteMs: 500, lambda: { reuse: true } },
    also: (stack, interrupt) => interrupt.addFleetWatch(new FleetWatch(stack, 'Fleet')),
  });
  await deployed.agentReports(0);
  await deployed.local.waitFor('the machine to be seen', () => deployed.local.ec2.get(WEB).status === 'ok', TIMEOUT);
}

const looks = () => deployed.local.invocations.filter(({ functionName }) => functionName.includes('Fleet'));
const told = () => deployed.local.events.published.filter(({ source }) => source === 'cdk-diagnostic-interrupt');
const toldOf = () => told().map(({ detail }) => detail.instanceId);
const until = (what: string, condition: () => unknown) => deployed.local.waitFor(what, condition, TIMEOUT);
/** Another few looks, whole ones. */
async function moreLooks(count = 3): Promise<void> {
  const ended = () => looks().filter(({ state }) => state !== 'running').length;
  const before = ended();
  await until(`${count} looks`, () => ended() >= before + count + 1);
}
/** What the interrupt's function has decided, of one instance and one event after the other. */
const verdicts = () => deployed.local.invocations.filter(({ functionName }) => functionName === deployed.functionName)
  .flatMap(({ attempts }) => attempts.flatMap(({ result }) => result === undefined ? [] : [JSON.parse(result)]));

test('an instance that hangs is told of once, and interrupted', async () => {
  await deploy();
  await moreLooks();
  deployed.machine.answers = false;
  await until('the interrupt', () => verdicts().length > 0);
  await moreLooks();

  expect(verdicts()).toEqual([expect.objectContaining({ decision: 'interrupt', instanceId: WEB, sent: true })]);
  expect(deployed.machine.nmis).toBe(1);
  expect(toldOf()).toEqual([WEB]);
  expect(told()[0]).toMatchObject({
    'detail-type': 'EC2 Instance Unresponsive',
    'detail': { version: 1, watch: looks()[0].functionName, instanceId: WEB, impairedSince: expect.stringMatching(/Z$/) },
  });
  // By AWS's minutes, three of which it has to fail.
  const { detail: { impairedSince }, time } = told()[0];
  expect(Date.parse(time) + 1000 - Date.parse(impairedSince)).toBeGreaterThanOrEqual(180_000);
  expect(looks().filter(({ state }) => state === 'failed')).toEqual([]);
});

test('while nothing is impaired, a look is one call', async () => {
  await deploy();
  await moreLooks();
  const calls = deployed.calls.filter(({ caller }) => caller.includes('Fleet')).map(({ action }) => action);
  expect(new Set(calls)).toEqual(new Set(['DescribeInstanceStatus']));
});

test('refuses to tell of an instance that answers, or that AWS has to recover', async () => {
  await deploy();
  deployed.local.launch(new MemoryMachine('i-0000000000000000a'));
  deployed.local.ec2.get(WEB).systemStatus = 'impaired';
  deployed.machine.answers = false;
  await until('the machine to be seen as impaired', () => deployed.local.ec2.get(WEB).status === 'impaired');
  await moreLooks(8);
  expect(told()).toEqual([]);

  deployed.local.ec2.get(WEB).systemStatus = 'ok';
  await until('the event', () => told().length > 0);
  expect(toldOf()).toEqual([WEB]);
});

test('an instance of which AWS has had to recover its side since it was told of is told of again', async () => {
  await deploy();
  deployed.machine.answers = false;
  await until('the first event', () => told().length > 0);
  deployed.local.ec2.get(WEB).systemStatus = 'impaired';
  await moreLooks();
  deployed.local.ec2.get(WEB).systemStatus = 'ok';
  await until('the second event', () => told().length > 1);
  await moreLooks();
  expect(toldOf()).toEqual([WEB, WEB]);
});

test('of 25 at once each is told of once, ten in a call, and no more are interrupted than may be', async () => {
  await deploy();
  const others = Array.from({ length: 24 }, (_, at) => new MemoryMachine(`i-0000000000000${(at + 16).toString(16)}00`));
  others.forEach(machine => deployed.local.launch(machine));
  await until('all to be seen', () => [...deployed.local.ec2.instances.values()].every(({ status }) => status === 'ok'));
  [...others, deployed.machine].forEach(machine => { machine.answers = false; });
  await until('all events', () => toldOf().length >= 25);
  await moreLooks();
  expect(new Set(toldOf()).size).toBe(25);
  expect(toldOf()).toHaveLength(25);
  await until('all verdicts', () => verdicts().length >= 25);
  expect(verdicts().filter(({ sent }) => sent).map(({ instanceId }) => instanceId)).toEqual([WEB]);
  expect(new Set(verdicts().filter(({ sent }) => !sent).map(({ reason }) => reason))).toEqual(new Set(['NotATarget']));
});

describe('a look that fails', () => {
  const failed = () => looks().filter(({ state }) => state === 'failed');

  test.each([
    ['cannot look', { service: 'ec2', action: 'DescribeInstanceStatus' }],
    ['does not know what was told', { service: 'dynamodb', action: 'GetItem' }],
    ['cannot tell', { service: 'events', action: 'PutEvents' }],
  ])('tells of nothing, is counted as an error, and is made up for by the next one: it %s', async (_what, call) => {
    await deploy();
    const end = deployed.local.faults.add({ ...call, fault: Fault.accessDenied() });
    deployed.machine.answers = false;
    await until('a look that fails', () => failed().length >= 2);
    expect(told()).toEqual([]);
    expect(failed().every(({ attempts }) => attempts.length === 1)).toBe(true);
    end();
    await until('the event', () => told().length > 0);
    await moreLooks();
    expect(toldOf()).toEqual([WEB]);
  });

  test('that cannot remember tells again, and the instance is interrupted once all the same', async () => {
    await deploy();
    const end = deployed.local.faults.add({ service: 'dynamodb', action: 'PutItem', fault: Fault.accessDenied() });
    deployed.machine.answers = false;
    await until('it to be told twice', () => told().length >= 2);
    end();
    await moreLooks();
    const count = told().length;
    await moreLooks();
    expect(told()).toHaveLength(count);
    await until('the verdicts', () => verdicts().length >= count);
    expect(deployed.machine.nmis).toBe(1);
  });
});
