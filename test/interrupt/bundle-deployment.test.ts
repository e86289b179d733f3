import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Deployed, linesIn, WEB } from './deployed';
import { loaded } from './loaded';
import { stackId } from '../../local/aws/account';
import { Fault } from '../../local/aws/fault';
import { InterruptOccasion, InterruptReadiness, InterruptTrigger } from '../../src';

// The bundled function as the provider framework of the CDK calls it, for the custom resources of a deployed template.

jest.setTimeout(120_000);
const COMMON = {
  ServiceToken: 'arn:aws:lambda:us-east-1:123456789012:function:framework',
};
const STACK = stackId('Test');
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
    StackId: STACK,
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

test('a game day that is in doubt is asked for again, also where the answer to taking its revision back is lost', async () => {
  await deploy(true);
  await deployed.agentReports(0);
  const end = deployed.local.faults.add({ service: 'ssm', action: 'DescribeInstanceAssociationsStatus', fault: Fault.accessDenied() });
  deployed.local.faults.add({ service: 'dynamodb', action: 'DeleteItem', times: 1, fault: Fault.disconnect(true) });
  const { error, complete } = await request('Create', 'InterruptTrigger', gameDay('1')) as any;
  expect([error, complete]).toEqual([undefined, false]);
  end();
  expect((await request('Create', 'InterruptTrigger', gameDay('1')) as any).data).toMatchObject({ decision: 'interrupt', sent: 'true' });
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

describe('a rollback', () => {
  const becomes = (status: string) => deployed.local.cloudformation.statuses.set(STACK, status);
  const change = (policy: string) => request('Update', 'InterruptReadiness', { ...READINESS, policy });
  const asked = () => deployed.calls.map(({ service, action, status }) => [service, action, status]);

  /** What was ready becomes what never will be, and an update finds out. */
  async function failedUpdate(): Promise<void> {
    await deploy(false);
    await deployed.agentReports(0);
    expect(await request('Create', 'InterruptReadiness', READINESS)).toMatchObject({ complete: true });
    expect(asked()).not.toContainEqual(expect.arrayContaining(['cloudformation']));
    deployed.local.faults.add({ service: 'ec2', action: 'SendDiagnosticInterrupt', fault: Fault.scpDenied() });
    becomes('UPDATE_IN_PROGRESS');
    expect((await change('new')).error!.errorMessage).toMatch(/service control policy/);
    deployed.local.calls.length = 0;
  }

  test('ends although what made the update fail is there still: the function may ask how its stack is, and asks nothing else', async () => {
    await failedUpdate();
    becomes('UPDATE_ROLLBACK_IN_PROGRESS');
    expect(await change('x')).toMatchObject({
      complete: true, data: { instances: '0', note: expect.stringContaining('nothing was checked') },
    });
    expect(asked()).toEqual([['cloudformation', 'DescribeStacks', 200]]);
    // It may look at no other one.
    const other = { StackId: STACK.replace('/Test/', '/Other/') };
    const { error, logs } = await request('Update', 'InterruptReadiness', READINESS, other);
    expect(error!.errorMessage).toMatch(/service control policy/);
    expect(linesIn(logs).find(({ message }) => message === 'StackStatusUnknown').missing).toMatch(/AccessDenied.*not authorized to perform: cloudformation:DescribeStacks/);
  });

  test('fails as the update did where CloudFormation does not answer, and the log says so', async () => {
    await failedUpdate();
    becomes('UPDATE_ROLLBACK_IN_PROGRESS');
    deployed.local.faults.add({ service: 'cloudformation', action: 'DescribeStacks', fault: Fault.timeout() });
    const { error, logs } = await change('x');
    expect(error!.errorMessage).toMatch(/service control policy/);
    expect(linesIn(logs).map(({ message }) => message)).toEqual(expect.arrayContaining(['StackStatusUnknown', 'DeploymentFailed']));
  });

  test('that deletes asks nothing', async () => {
    await failedUpdate();
    becomes('ROLLBACK_IN_PROGRESS');
    expect((await request('Delete', 'InterruptReadiness', READINESS)).error).toBeUndefined();
    expect(asked()).toEqual([]);
  });
});

test('the client of CloudFormation is loaded by deployments alone', async () => {
  await deploy(false);
  const { codeDirectory } = deployed.local.lambda.get(deployed.functionName).code.properties;
  const having = (files: Iterable<string>) => [...files].filter(file => readFileSync(file, 'utf8').includes('"CloudFormation"'));
  const [client, ...others] = having(readdirSync(codeDirectory).map(name => join(codeDirectory, name)));
  expect([client, others]).toEqual([expect.stringContaining('read-stack'), []]);
  expect(having(loaded(join(codeDirectory, 'interrupt.mjs')))).toEqual([]);
});
