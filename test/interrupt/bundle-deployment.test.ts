import { Deployed, WEB } from './deployed';
import { Fault } from '../../local/aws/fault';
import { InterruptOccasion, InterruptReadiness, InterruptTrigger } from '../../src';

// The bundled function as the provider framework of the CDK calls it, for the custom resources of a deployed template.

jest.setTimeout(120_000);
const COMMON = {
  ServiceToken: 'arn:aws:lambda:us-east-1:123456789012:function:framework',
};
const READINESS = { timeoutSeconds: '900', requireArmed: 'true', policy: 'x', program: 'y' };

let deployed: Deployed;
afterEach(() => deployed.close());

async function deploy(gameDays: boolean): Promise<void> {
  deployed = await Deployed.deploy({
    alarm: false,
    also: (stack, interrupt, instance) => {
      new InterruptReadiness(stack, 'Readiness', { interrupt });
      if (gameDays) new InterruptTrigger(stack, 'GameDay', { interrupt, instance, occasion: InterruptOccasion.gameDay('a game day'), revision: '1' });
    },
  });
  await deployed.local.waitFor('the machine to be seen', () => deployed.local.ec2.get(WEB).status === 'ok', 30_000);
}

/** What the framework does with a request, until it has an answer for CloudFormation. */
async function request(RequestType: string, resource: string, properties: object, more: object = {}) {
  const event = {
    RequestType,
    ResourceType: `Custom::${resource}`,
    RequestId: `request-${Math.random()}`,
    StackId: 'arn:aws:cloudformation:us-east-1:123456789012:stack/Test/1',
    LogicalResourceId: resource,
    ResourceProperties: { ...COMMON, ...properties },
    ...more,
  };
  const begun = await deployed.call(event);
  if (begun.error) return begun;
  const answer = await deployed.call({ ...event, ...begun.outcome });
  return { ...answer, data: (answer.outcome as any)?.Data, complete: (answer.outcome as any)?.IsComplete };
}

const gameDay = (revision: string) => ({ instanceId: WEB, revision, gameDay: 'a game day' });

test('a game day interrupts a healthy, armed instance once for its revision', async () => {
  await deploy(true);
  await deployed.agentReports(0);
  expect((await request('Create', 'InterruptTrigger', gameDay('1')) as any).data).toMatchObject({ decision: 'interrupt', sent: 'true' });
  const rollback = { OldResourceProperties: { ...COMMON, ...gameDay('2') } };
  await request('Update', 'InterruptTrigger', gameDay('1'), rollback);
  expect((await request('Delete', 'InterruptTrigger', gameDay('1'))).error).toBeUndefined();
  expect(deployed.machine.nmis).toBe(1);
});

test('refuses a game day on a machine whose kdump is not armed; the deployment goes on', async () => {
  await deploy(true);
  await deployed.agentReports(20);
  expect((await request('Create', 'InterruptTrigger', gameDay('1')) as any).data).toMatchObject({ decision: 'refuse', reason: 'KdumpNotArmed' });
  expect(deployed.machine.nmis).toBe(0);
});

test('refuses a forged game day where no deployment asked for one', async () => {
  await deploy(false);
  await deployed.agentReports(0);
  const { error } = await request('Create', 'InterruptTrigger', gameDay('1'));
  expect(error!.errorMessage).toMatch(/GameDaysNotAllowed/);
  expect(deployed.machine.nmis).toBe(0);
});

test('readiness waits for kdump, and is complete when it is armed; the dry run interrupts nothing', async () => {
  await deploy(false);
  expect(await request('Create', 'InterruptReadiness', READINESS)).toMatchObject({ complete: false });
  await deployed.agentReports(0);
  expect(await request('Create', 'InterruptReadiness', READINESS)).toMatchObject({ complete: true });
  expect(deployed.machine.nmis).toBe(0);
  expect(deployed.calls.filter(each => each.action === 'SendDiagnosticInterrupt').map(each => each.error)).toEqual(['DryRunOperation', 'DryRunOperation']);
});

test('fails a deployment that a service control policy stands against, by its name', async () => {
  await deploy(false);
  await deployed.agentReports(0);
  deployed.local.faults.add({ service: 'ec2', action: 'SendDiagnosticInterrupt', fault: Fault.scpDenied() });
  const { error } = await request('Create', 'InterruptReadiness', READINESS);
  expect(error!.errorMessage).toMatch(/service control policy/);
});
