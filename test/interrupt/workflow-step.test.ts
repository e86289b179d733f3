import { Deployed, TIMEOUT, WEB } from './deployed';
import { Fault } from '../../local/aws/fault';
import { claimIdOf, parseStep } from '../../src/interrupt/workflow-step';

// The steps of the workflow: the bundled function against the local AWS, the table an emulator of DynamoDB.

const EXECUTION = 'arn:aws:states:us-east-1:123456789012:execution:Response:one';
const OTHER_EXECUTION = 'arn:aws:states:us-east-1:123456789012:execution:Response:two';
const EVENT = { instanceId: WEB, reason: 'it hangs' };
const SOURCE = { kind: 'direct', reason: 'it hangs' };

let deployed: Deployed;
jest.setTimeout(4 * TIMEOUT);

beforeEach(async () => {
  deployed = await Deployed.deploy({ alarm: false });
  await deployed.agentReports(0);
  await deployed.stopAnswering();
  // The default of minimumImpairedTime.
  await new Promise(resolve => setTimeout(resolve, deployed.local.clock.minutes(1)));
});
afterEach(() => deployed.close());

const assess = async (execution = EXECUTION) => (await deployed.call({ step: 'assess', event: EVENT, execution })) as any;
const interrupt = (claim: object, attempt = 1) => deployed.call({ step: 'interrupt', instanceId: WEB, source: SOURCE, claim, attempt }) as Promise<any>;

test('an assessment claims the interrupt and sends none', async () => {
  const { outcome } = await assess();
  expect(outcome).toMatchObject({ decision: 'interrupt', instanceId: WEB, source: SOURCE, claim: { id: claimIdOf(EXECUTION), instanceId: WEB } });
  expect(deployed.machine.nmis).toBe(0);
});

test('an assessment that is asked for again, because its answer was lost, gives the same claim; another workflow gets none', async () => {
  const { outcome: { claim } } = await assess();
  expect((await assess()).outcome).toMatchObject({ decision: 'interrupt', claim });
  expect((await assess(OTHER_EXECUTION)).outcome).toMatchObject({ decision: 'refuse', refusals: [{ reason: 'CoolingDown' }, { reason: 'CircuitOpen' }] });
});

test('of two workflows at once one gets the claim', async () => {
  const outcomes = (await Promise.all([assess(), assess(OTHER_EXECUTION)])).map(({ outcome }) => outcome.decision);
  expect(outcomes.sort()).toEqual(['interrupt', 'refuse']);
});

test('each attempt is sent once, however often it is asked for', async () => {
  const { outcome: { claim } } = await assess();
  expect((await interrupt(claim)).outcome).toMatchObject({ decision: 'interrupt', sent: true, attempt: 1, at: expect.any(String) });
  const { outcome: again } = await interrupt(claim);
  expect(again).toMatchObject({ decision: 'interrupt', explanation: expect.stringContaining('earlier call') });
  expect(again).not.toHaveProperty('sent');
  expect(deployed.machine.nmis).toBe(1);
  expect((await interrupt(claim, 2)).outcome).toMatchObject({ sent: true, attempt: 2 });
  await interrupt(claim, 2);
  expect(deployed.machine.nmis).toBe(2);
});

test('refuses the second attempt before the first', async () => {
  const { outcome: { claim } } = await assess();
  expect((await interrupt(claim, 2)).outcome).not.toHaveProperty('sent');
  expect(deployed.machine.nmis).toBe(0);
});

test('refuses to interrupt under a claim that nobody holds', async () => {
  const forged = { id: claimIdOf(OTHER_EXECUTION), instanceId: WEB, slot: 0 };
  expect((await interrupt(forged)).outcome).toMatchObject({ decision: 'refuse', reason: 'CoolingDown', sent: false });
  expect(deployed.machine.nmis).toBe(0);
});

test('refuses to interrupt an instance that has recovered since, and gives the claim back', async () => {
  const { outcome: { claim } } = await assess();
  deployed.machine.answers = true;
  await deployed.local.waitFor('the recovery', () => deployed.local.ec2.get(WEB).status === 'ok', TIMEOUT);
  expect((await interrupt(claim)).outcome).toMatchObject({ decision: 'refuse', reason: 'Responsive', sent: false });
  await deployed.stopAnswering();
  await new Promise(resolve => setTimeout(resolve, deployed.local.clock.minutes(1)));
  expect((await assess(OTHER_EXECUTION)).outcome).toMatchObject({ decision: 'interrupt' });
});

test.each([0, 1])('refuses an instance that has recovered since, and not as one that was interrupted, where the answer to its release is lost (%i)', async after => {
  const { outcome: { claim } } = await assess();
  deployed.machine.answers = true;
  await deployed.local.waitFor('the recovery', () => deployed.local.ec2.get(WEB).status === 'ok', TIMEOUT);
  deployed.local.faults.add({ service: 'dynamodb', action: 'DeleteItem', after, times: 1, fault: Fault.disconnect(true) });
  const { outcome, logs } = await interrupt(claim);
  expect(outcome).toMatchObject({ decision: 'refuse', reason: 'Responsive', sent: false });
  expect(logs.join()).not.toContain('ClaimNotReleased');
  await deployed.stopAnswering();
  await new Promise(resolve => setTimeout(resolve, deployed.local.clock.minutes(1)));
  expect((await assess(OTHER_EXECUTION)).outcome).toMatchObject({ decision: 'interrupt' });
});

test('an interrupt that was throttled is not spent: the same attempt is sent when it is asked for again', async () => {
  const { outcome: { claim } } = await assess();
  const end = deployed.local.faults.add({ service: 'ec2', action: 'SendDiagnosticInterrupt', fault: Fault.throttled() });
  expect((await interrupt(claim)).error).toMatchObject({ errorType: 'RequestLimitExceeded' });
  end();
  expect((await interrupt(claim)).outcome).toMatchObject({ sent: true });
  expect(deployed.machine.nmis).toBe(1);
});

test('a spent interrupt whose answer from the table was lost is sent all the same', async () => {
  const { outcome: { claim } } = await assess();
  deployed.local.faults.add({ service: 'dynamodb', action: 'UpdateItem', times: 1, fault: Fault.disconnect(true) });
  expect((await interrupt(claim)).outcome).toMatchObject({ sent: true });
  expect(deployed.machine.nmis).toBe(1);
});

test('an interrupt whose answer is lost stays spent', async () => {
  const { outcome: { claim } } = await assess();
  deployed.local.faults.add({ service: 'ec2', action: 'SendDiagnosticInterrupt', times: 1, fault: Fault.disconnect(true) });
  const { outcome } = await interrupt(claim);
  expect(outcome).toMatchObject({ decision: 'interrupt', error: {} });
  expect(outcome).not.toHaveProperty('sent');
  await interrupt(claim);
  expect(deployed.machine.nmis).toBe(1);
});

test('an attempt that is asked for again is not refused for what it has brought about, and its claim stays', async () => {
  const { outcome: { claim } } = await assess();
  await interrupt(claim);
  deployed.local.ec2.get(WEB).systemStatus = 'impaired';
  expect((await interrupt(claim)).outcome).toMatchObject({ decision: 'interrupt', explanation: expect.stringContaining('earlier call') });
  deployed.local.ec2.get(WEB).systemStatus = 'ok';
  expect((await assess(OTHER_EXECUTION)).outcome).toMatchObject({ decision: 'refuse', refusals: [{ reason: 'CoolingDown' }, { reason: 'CircuitOpen' }] });
  expect(deployed.machine.nmis).toBe(1);
});

test('an attempt that is asked for again is not asked for anew in doubt, of which there is much about a machine that dumps', async () => {
  const { outcome: { claim } } = await assess();
  await interrupt(claim);
  deployed.local.faults.add({ service: 'ssm', action: 'DescribeInstanceAssociationsStatus', fault: Fault.accessDenied() });
  expect((await interrupt(claim)).outcome).toMatchObject({ decision: 'interrupt', explanation: expect.stringContaining('earlier call') });
});

test('an attempt that is asked for again keeps its claim also where the table cannot be read', async () => {
  const { outcome: { claim } } = await assess();
  await interrupt(claim);
  deployed.local.ec2.get(WEB).systemStatus = 'impaired';
  const end = deployed.local.faults.add({ service: 'dynamodb', action: 'GetItem', fault: Fault.accessDenied() });
  expect((await interrupt(claim)).outcome).toMatchObject({ decision: 'interrupt', explanation: expect.stringContaining('earlier call') });
  end();
  expect((await assess(OTHER_EXECUTION)).outcome).toMatchObject({ refusals: [{ reason: 'SystemImpaired' }, { reason: 'CoolingDown' }, { reason: 'CircuitOpen' }] });
});

test('a second interrupt that EC2 does not accept leaves the claim to the first', async () => {
  const { outcome: { claim } } = await assess();
  await interrupt(claim);
  deployed.local.faults.add({ service: 'ec2', action: 'SendDiagnosticInterrupt', times: 1, fault: Fault.accessDenied() });
  expect((await interrupt(claim, 2)).outcome).toMatchObject({ sent: false, error: { name: 'UnauthorizedOperation' } });
  expect((await assess(OTHER_EXECUTION)).outcome).toMatchObject({ decision: 'refuse', refusals: [{ reason: 'CoolingDown' }, { reason: 'CircuitOpen' }] });
});

test('a first interrupt that EC2 does not accept gives the claim back', async () => {
  const { outcome: { claim } } = await assess();
  deployed.local.faults.add({ service: 'ec2', action: 'SendDiagnosticInterrupt', times: 1, fault: Fault.accessDenied() });
  expect((await interrupt(claim)).outcome).toMatchObject({ sent: false, error: { name: 'UnauthorizedOperation' } });
  expect((await assess(OTHER_EXECUTION)).outcome).toMatchObject({ decision: 'interrupt' });
});

describe('refuses a step that is not of the form that the workflow gives:', () => {
  const valid = { step: 'interrupt', instanceId: WEB, source: SOURCE, claim: { id: claimIdOf(EXECUTION), instanceId: WEB, slot: 0 }, attempt: 1 };
  test.each<[string, object]>([
    ['another step', { ...valid, step: 'panic' }],
    ['a third attempt', { ...valid, attempt: 3 }],
    ['a claim without an ID', { ...valid, claim: { instanceId: WEB, slot: 0 } }],
    ['an instance that is none', { ...valid, instanceId: 'web-1' }],
    ['a game day', { ...valid, source: { kind: 'gameDay', reason: 'an exercise' } }],
    ['a wish that nobody grants', { ...valid, force: true }],
    ['an assessment without an execution', { step: 'assess', event: EVENT }],
  ])('refuses %s', (_what, step) => {
    expect(() => parseStep(step as any)).toThrow(expect.objectContaining({ name: 'UnknownEvent' }));
  });
});
