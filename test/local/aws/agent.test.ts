import { DescribeInstanceAssociationsStatusCommand, DescribeInstanceInformationCommand, GetCommandInvocationCommand, SendCommandCommand } from '@aws-sdk/client-ssm';
import { sdk } from './clients';
import { MemoryMachine } from './memory-machine';
import { LocalAws } from '../../../local/aws/aws-endpoint';
import { CommandDocument } from '../../../local/aws/command-document';

const InstanceId = 'i-0123456789abcdef0';
const DOCUMENT: CommandDocument = { name: 'Kdump', content: { schemaVersion: '2.2', mainSteps: [{ action: 'aws:runShellScript', name: 'run', inputs: { runCommand: ['true'] } }] } };
const DONE = { status: 'Success', exitCode: 0, stdout: '{"state":"armed"}', stderr: '', runs: 1 };

let local: LocalAws;
let endpoint: string;
let clients: ReturnType<typeof sdk>;

beforeEach(async () => {
  local = new LocalAws({ minuteMs: 100 });
  endpoint = await local.listen();
  local.launch(new MemoryMachine(InstanceId, 't3.micro', { Team: 'web' }));
  local.ssm.documents.set(DOCUMENT.name, DOCUMENT);
  clients = sdk(endpoint);
});

afterEach(async () => {
  clients.destroy();
  await local.close();
});

const poll = (id = InstanceId) => fetch(`${endpoint}/agent/${id}/next`);
const post = (body: object, verb = 'result') => fetch(`${endpoint}/agent/${InstanceId}/${verb}`, { method: 'POST', body: JSON.stringify(body) });

/** Polls until there is a command and accepts it, as the runner in the guest does. */
async function nextCommand(): Promise<any> {
  const command = await givenCommand();
  expect((await post({ commandId: command.commandId }, 'accepted')).status).toBe(200);
  return command;
}

/** A command that may never have reached the agent. */
async function givenCommand(): Promise<any> {
  for (;;) {
    const answer = await poll();
    if (answer.status === 200) return answer.json();
    expect(answer.status).toBe(204);
  }
}

async function associationStatus() {
  const { InstanceAssociationStatusInfos } = await clients.ssm.send(new DescribeInstanceAssociationsStatusCommand({ InstanceId }));
  return InstanceAssociationStatusInfos![0];
}

describe('Run Command', () => {
  async function send(): Promise<string> {
    await poll(); // registers
    const { Command } = await clients.ssm.send(new SendCommandCommand({
      DocumentName: 'AWS-RunShellScript', InstanceIds: [InstanceId], Parameters: { commands: ['uname -r'] },
    }));
    return Command!.CommandId!;
  }

  const invocation = (CommandId: string) => clients.ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId }));

  test('carries a command to the agent and its result back', async () => {
    const CommandId = await send();
    expect(await invocation(CommandId)).toMatchObject({ Status: 'Pending', ResponseCode: -1 });
    const command = await nextCommand();
    expect(command).toMatchObject({ commandId: CommandId, documentName: 'AWS-RunShellScript', parameters: { commands: ['uname -r'], executionTimeout: '3600' } });
    expect(command.content.mainSteps[0].action).toBe('aws:runShellScript');
    expect(await invocation(CommandId)).toMatchObject({ Status: 'InProgress' });
    expect((await post({ ...DONE, commandId: CommandId, stdout: 'x'.repeat(30_000) })).status).toBe(200);
    const done = await invocation(CommandId);
    expect(done).toMatchObject({ Status: 'Success', StatusDetails: 'Success', ResponseCode: 0 });
    expect(done.StandardOutputContent).toHaveLength(24_000);
  });

  test('wakes a poll that is held', async () => {
    const CommandId = await send();
    expect((await nextCommand()).commandId).toBe(CommandId);
    await post({ ...DONE, commandId: CommandId });
    const held = nextCommand();
    const second = await send();
    expect((await held).commandId).toBe(second);
  });

  test('gives a command again that did not reach the agent, and not after its result', async () => {
    const CommandId = await send();
    await givenCommand(); // the machine dies before it has read the answer
    expect(await invocation(CommandId)).toMatchObject({ Status: 'Pending' });
    expect((await nextCommand()).commandId).toBe(CommandId);
    expect((await post({ ...DONE, commandId: CommandId, runs: 2 })).status).toBe(200);
    expect((await poll()).status).toBe(204);
  });

  test.each([['Failed', 'Failed'], ['TimedOut', 'ExecutionTimedOut']])('reports a command that %s', async (status, details) => {
    const CommandId = await send();
    await nextCommand();
    await post({ ...DONE, commandId: CommandId, status, exitCode: 1 });
    expect(await invocation(CommandId)).toMatchObject({ Status: status, StatusDetails: details, ResponseCode: 1 });
  });

  test('times out a command that no agent takes', async () => {
    await poll();
    const { Command } = await clients.ssm.send(new SendCommandCommand({
      DocumentName: 'AWS-RunShellScript', InstanceIds: [InstanceId], Parameters: { commands: ['true'] }, TimeoutSeconds: 30,
    }));
    let status = await invocation(Command!.CommandId!);
    for (const end = Date.now() + 5000; status.Status === 'Pending' && Date.now() < end;) status = await invocation(Command!.CommandId!);
    expect(status).toMatchObject({ Status: 'TimedOut', StatusDetails: 'DeliveryTimedOut' });
  });

  test.each([
    ['an unknown parameter', { commands: ['true'], shell: ['zsh'] }],
    ['a missing one', {}],
    ['one that does not match its pattern', { commands: ['true'], executionTimeout: ['soon'] }],
  ])('refuses %s', async (_, Parameters) => {
    await poll();
    await expect(clients.ssm.send(new SendCommandCommand({ DocumentName: 'AWS-RunShellScript', InstanceIds: [InstanceId], Parameters: Parameters as Record<string, string[]> })))
      .rejects.toMatchObject({ name: 'InvalidParameters' });
  });
});

describe('State Manager', () => {
  test('runs an association when its target first comes online, then at its rate', async () => {
    const { id } = local.ssm.stateManager.create({ document: DOCUMENT, targets: [{ Key: 'tag:Team', Values: ['web'] }], rateMinutes: 30 });
    expect(await associationStatus()).toMatchObject({ AssociationId: id, Status: 'Pending' });
    const { commandId, documentName } = await nextCommand();
    expect(documentName).toBe('Kdump');
    expect(await associationStatus()).toMatchObject({ Status: 'InProgress', DetailedStatus: 'InProgress' });
    await post({ ...DONE, commandId });
    const status = await associationStatus();
    expect(status).toMatchObject({
      Name: 'Kdump', InstanceId, Status: 'Success', DetailedStatus: 'Success', ExecutionSummary: '1 out of 1 plugin processed, 1 success, 0 failed, 0 timedout, 0 skipped. ',
    });
    expect(status.ErrorCode).toBeUndefined();
    expect(status.ExecutionDate).toBeInstanceOf(Date);
    expect((await nextCommand()).commandId).not.toBe(commandId);
  });

  test('keeps the status while a run is given to a machine that hangs', async () => {
    local.ssm.stateManager.create({ document: DOCUMENT, targets: [{ Key: 'tag:Team', Values: ['web'] }], rateMinutes: 30 });
    await post({ ...DONE, commandId: (await nextCommand()).commandId });
    await givenCommand();
    expect(await associationStatus()).toMatchObject({ Status: 'Success' });
  });

  test('keeps the status while a run waits for an agent that is silent', async () => {
    const { id } = local.ssm.stateManager.create({ document: DOCUMENT, targets: [{ Key: 'tag:Team', Values: ['web'] }], rateMinutes: 30 });
    await post({ ...DONE, commandId: (await nextCommand()).commandId });
    const association = local.ssm.stateManager.associations.find(each => each.id === id)!;
    await local.waitFor('the next run', () => association.statuses.get(InstanceId)?.invocation?.status === 'Pending', 5000);
    expect(await associationStatus()).toMatchObject({ Status: 'Success' });
  });

  test('runs an association at once when its target is online', async () => {
    await poll();
    local.ssm.stateManager.create({ document: DOCUMENT, targets: [{ Key: 'InstanceIds', Values: ['*'] }] });
    expect(await nextCommand()).toMatchObject({ documentName: 'Kdump' });
  });

  test('reports a run that failed', async () => {
    local.ssm.stateManager.create({ document: DOCUMENT, targets: [{ Key: 'InstanceIds', Values: [InstanceId] }] });
    const { commandId } = await nextCommand();
    await post({ ...DONE, commandId, status: 'Failed', exitCode: 3 });
    expect(await associationStatus()).toMatchObject({ Status: 'Failed', DetailedStatus: 'Failed', ErrorCode: 'ExecutionError' });
  });

  test('leaves instances alone that are not targets', async () => {
    local.ssm.stateManager.create({ document: DOCUMENT, targets: [{ Key: 'tag:Team', Values: ['db'] }] });
    expect((await poll()).status).toBe(204);
    expect(await associationStatus()).toBeUndefined();
  });

  test('fails to create an association that runs more often than each 30 minutes', () => {
    expect(() => local.ssm.stateManager.create({ document: DOCUMENT, targets: [], rateMinutes: 29 })).toThrow(/30 minutes or more, got 29/);
  });
});

test('an agent is online while it polls, and lost when it has been silent', async () => {
  const ping = async () => (await clients.ssm.send(new DescribeInstanceInformationCommand({}))).InstanceInformationList?.[0]?.PingStatus;
  expect(await ping()).toBeUndefined();
  const held = poll();
  await local.waitFor('the poll', () => local.ssm.agents.nodes.has(InstanceId), 5000);
  expect(await ping()).toBe('Online');
  await held;
  expect(await ping()).toBe('Online');
  await local.waitFor('the loss', () => local.ssm.agents.nodes.get(InstanceId)!.pingStatus === 'ConnectionLost', 5000);
  expect(await ping()).toBe('ConnectionLost');
});

test('refuses agents and results that it does not know', async () => {
  expect((await poll('i-00000000000000000')).status).toBe(404);
  expect((await post({ ...DONE, commandId: 'x' })).status).toBe(404);
  const wrong = await post({ commandId: 'x', status: 'Done' });
  expect(wrong.status).toBe(400);
  expect(await wrong.json()).toMatchObject({ error: expect.stringContaining('status (Success, Failed or TimedOut)') });
});
