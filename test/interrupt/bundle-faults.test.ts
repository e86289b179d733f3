import { Answer, Deployed, WEB } from './deployed';
import { Fault } from '../../local/aws/fault';
import { InterruptMode } from '../../src';

// What goes wrong between the function and AWS: never an interrupt in doubt, never two, and none lost to a moment's trouble.

jest.setTimeout(180_000);
const EVENT = { instanceId: WEB, reason: 'a hung machine' };
const READS: [service: string, action: string][] = [
  ['ec2', 'DescribeInstances'], ['ec2', 'DescribeInstanceStatus'], ['ssm', 'DescribeInstanceAssociationsStatus'], ['dynamodb', 'GetItem'],
  ['dynamodb', 'Query'], ['ec2', 'DescribeInstanceTypes'],
];

/** A hung machine whose kdump is armed. */
async function hung(mode: InterruptMode, reuse: boolean): Promise<Deployed> {
  const deployed = await Deployed.deploy({ alarm: false, mode, aws: { lambda: { reuse } } });
  await deployed.agentReports(0);
  await deployed.stopAnswering();
  return deployed;
}

const nameOf = ({ outcome, error }: Answer) => error?.errorType ?? outcome?.reason ?? outcome?.decision;

// With dryRun no claim of one case stands in the way of the next; the answer DryRun means that nothing else spoke against the interrupt.
describe('evidence', () => {
  let warm: Deployed;
  let cold: Deployed; // for the type of the instance, which a process asks for once
  beforeAll(async () => { [warm, cold] = await Promise.all([hung(InterruptMode.DRY_RUN, true), hung(InterruptMode.DRY_RUN, false)]); });
  afterEach(() => [warm, cold].forEach(each => each.local.faults.clear()));
  afterAll(() => Promise.all([warm.close(), cold.close()]));

  const passing = [Fault.throttled(), Fault.serverError(500), Fault.serverError(503), Fault.disconnect(), Fault.half(), Fault.slow(500)];
  const named = [...passing, Fault.clockSkew(-20 * 60_000)].map(fault => [fault.parts.name, fault] as const);
  test.each(named)('is read again where it is held up for a moment: %s', async (name, fault) => {
    const times = name === 'clockSkew' ? undefined : 1;
    READS.forEach(([service, action]) => cold.local.faults.add({ service, action, times, fault }));
    expect(nameOf(await cold.call(EVENT))).toBe('DryRun');
  });

  test.each(READS)('refuses without %s:%s, by EvidenceMissing', async (service, action) => {
    const deployed = action === 'DescribeInstanceTypes' ? cold : warm;
    // An answer without an item is DynamoDB's word that there is none; the claim, which decides, asks again.
    const strange = action === 'GetItem' ? [] : [Fault.garbage('shape'), Fault.garbage('empty')];
    for (const fault of [
      Fault.accessDenied(), Fault.throttled(), Fault.serverError(), Fault.disconnect(), Fault.half(), Fault.garbage('page'), ...strange,
    ]) {
      const end = deployed.local.faults.add({ service, action, fault });
      expect([fault.parts.name, nameOf(await deployed.call(EVENT))]).toEqual([fault.parts.name, 'EvidenceMissing']);
      end();
    }
    expect(deployed.machine.nmis).toBe(0);
  });

  test('refuses in bounded time where nothing is ever answered', async () => {
    warm.local.faults.add({ fault: Fault.timeout() });
    const start = Date.now();
    expect(nameOf(await warm.call(EVENT))).toBe('EvidenceMissing');
    expect(Date.now() - start).toBeLessThan(15_000);
  });
});

describe('the claim and the call', () => {
  let deployed: Deployed;
  beforeEach(async () => { deployed = await hung(InterruptMode.ARMED, false); });
  afterEach(() => deployed.close());

  const CLAIM = { service: 'dynamodb', action: 'TransactWriteItems' };
  const SEND = { service: 'ec2', action: 'SendDiagnosticInterrupt' };

  /** One delivery under the fault, and one more when it is over. */
  async function deliverTwice(): Promise<{ first: Answer; nmis: number; second: Answer }> {
    const first = await deployed.call(EVENT);
    const { nmis } = deployed.machine;
    deployed.local.faults.clear();
    return { first, nmis, second: await deployed.call(EVENT) };
  }

  test.each<[string, Fault]>([
    ['throttled', Fault.throttled()], ['in the way of another', Fault.transactionConflict()], ['failed by DynamoDB', Fault.serverError()],
    ['carried out, and its answer lost', Fault.disconnect(true)], ['carried out, and half answered', Fault.half()],
  ])('a claim that is %s for a moment is made again, and leads to one interrupt', async (_, fault) => {
    deployed.local.faults.add({ ...CLAIM, times: 1, fault });
    const { first, nmis, second } = await deliverTwice();
    expect([first.outcome?.sent, nmis, nameOf(second), deployed.machine.nmis]).toEqual([true, 1, 'CoolingDown', 1]);
  });

  test.each<[string, Fault, string]>([
    ['denied', Fault.accessDenied(), 'AccessDeniedException'], ['always in the way of others', Fault.transactionConflict(), 'ClaimConflict'],
    ['never answered', Fault.timeout(), 'TimeoutError'],
  ])('fails without a call where the claim is %s', async (_, fault, error) => {
    deployed.local.faults.add({ ...CLAIM, fault });
    const { first, nmis, second } = await deliverTwice();
    expect([nameOf(first), nmis, second.outcome?.sent, deployed.machine.nmis]).toEqual([error, 0, true, 1]);
  });

  test.each<[string, Fault]>([['throttled', Fault.throttled()], ['signed by a wrong clock', Fault.clockSkew(20 * 60_000)]])(
    'a call that is %s is made again, since nothing was sent', async (name, fault) => {
      deployed.local.faults.add({ ...SEND, times: name === 'throttled' ? 2 : undefined, fault });
      const { first, nmis, second } = await deliverTwice();
      expect([first.outcome?.sent, nmis, nameOf(second), deployed.machine.nmis]).toEqual([true, 1, 'CoolingDown', 1]);
    });

  test('fails where the call is throttled all the time, and gives the claim back', async () => {
    deployed.local.faults.add({ ...SEND, fault: Fault.throttled() });
    const { first, nmis, second } = await deliverTwice();
    expect([nameOf(first), nmis, second.outcome?.sent, deployed.machine.nmis]).toEqual(['RequestLimitExceeded', 0, true, 1]);
  });

  test('a call that is denied is not made again, and gives the claim back', async () => {
    deployed.local.faults.add({ ...SEND, fault: Fault.scpDenied() });
    const { first, nmis, second } = await deliverTwice();
    expect(first.outcome).toMatchObject({ decision: 'interrupt', sent: false, error: { name: 'UnauthorizedOperation' } });
    expect([nmis, second.outcome?.sent, deployed.machine.nmis]).toEqual([0, true, 1]);
  });

  test.each<[string, Fault, number]>([
    ['fails by EC2\'s fault', Fault.serverError(500), 0], ['finds EC2 unavailable', Fault.serverError(503), 0],
    ['is cut off before it arrives', Fault.disconnect(false), 0], ['arrives, and its answer is lost', Fault.disconnect(true), 1],
    ['arrives, and is never answered', Fault.timeout(true), 1], ['arrives, and is half answered', Fault.half(), 1],
  ])('a call that %s is never made a second time: the machine may be dumping', async (_, fault, arrived) => {
    deployed.local.faults.add({ ...SEND, fault });
    const { first, nmis, second } = await deliverTwice();
    expect(first.outcome).toMatchObject({ decision: 'interrupt' });
    expect(first.outcome!.sent).toBeUndefined();
    expect([nmis, nameOf(second), deployed.machine.nmis]).toEqual([arrived, 'CoolingDown', arrived]);
    expect(deployed.calls.filter(each => each.action === SEND.action).length).toBeLessThanOrEqual(1);
  });
});
