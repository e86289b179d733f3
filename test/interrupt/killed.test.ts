import { Deployed, WEB } from './deployed';

// The function's process is killed at each call that it makes; the event is delivered again, as Lambda does it, and once more.

jest.setTimeout(120_000);
const EVENT = { instanceId: WEB, reason: 'a hung machine' };
const BEFORE_CLAIM = ['DescribeInstances', 'DescribeInstanceStatus', 'DescribeInstanceTypes', 'DescribeInstanceAssociationsStatus', 'GetItem', 'Query'];

let deployed: Deployed;
beforeEach(async () => {
  deployed = await Deployed.deploy({ alarm: false });
  await deployed.agentReports(0);
  await deployed.stopAnswering();
});
afterEach(() => deployed.close());

async function killedAt(action: string, moment: 'before' | 'after') {
  let killed = false;
  deployed.local.lambda.killWhen((_, call) => {
    if (killed || call.action !== action) return false;
    return killed = true;
  }, moment);
  const first = await deployed.call(EVENT);
  expect(first.error?.errorType).toBe('Runtime.ExitError');
  const again = [await deployed.call(EVENT), await deployed.call(EVENT)];
  return { nmis: deployed.machine.nmis, again: again.map(({ outcome }) => outcome?.reason ?? outcome?.decision) };
}

test.each(BEFORE_CLAIM)('before the claim, at %s: the next delivery is sent, and the one after it is not', async action => {
  expect(await killedAt(action, 'after')).toEqual({ nmis: 1, again: ['interrupt', 'CoolingDown'] });
});

test('as the claim is made, before DynamoDB has it: the next delivery is sent', async () => {
  expect(await killedAt('TransactWriteItems', 'before')).toEqual({ nmis: 1, again: ['interrupt', 'CoolingDown'] });
});

test('between claim and call: no delivery is ever sent', async () => {
  expect(await killedAt('TransactWriteItems', 'after')).toEqual({ nmis: 0, again: ['CoolingDown', 'CoolingDown'] });
});

test('as the call is made, before EC2 has it: no delivery is ever sent', async () => {
  expect(await killedAt('SendDiagnosticInterrupt', 'before')).toEqual({ nmis: 0, again: ['CoolingDown', 'CoolingDown'] });
});

test('after EC2 has the call: there is no second one', async () => {
  expect(await killedAt('SendDiagnosticInterrupt', 'after')).toEqual({ nmis: 1, again: ['CoolingDown', 'CoolingDown'] });
});
