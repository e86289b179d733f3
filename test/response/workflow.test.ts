import { Duration } from 'aws-cdk-lib';
import { Responded, WEB } from './responded';
import { Fault } from '../../local/aws/fault';

// Rows of `npm run test:response`: what goes wrong, and that the instance is restored, the report sent and nothing lost all the same.

jest.setTimeout(180_000);

let responded: Responded;
afterEach(() => responded.close());

test('an instance on its own: its crash arrives byte for byte, the report says why it hung', async () => {
  responded = await Responded.deploy();
  expect((await responded.hang()).status).toBe('SUCCEEDED');
  expect(responded.machine.nmis).toBe(1);
  responded.expectReport('Collected', /is back; its crash was collected[^]*Probable cause: a disk or file system failed[^]*Panic: Kernel panic - not syncing: NMI/);
  expect(responded.messages[0].body).toContain('sudo apt-get install crash linux-image-6.1.0-47-cloud-amd64-dbg');
  await responded.expectCollected();
  // What a role was refused would be a permission that is missing.
  expect(responded.local.calls.filter(({ caller, error }) => caller.includes(':assumed-role/') && error)).toEqual([]);
});

test('an instance of a fleet: what the watch tells of is collected, and the report says who told', async () => {
  responded = await Responded.deploy({ fleetWatch: true });
  expect((await responded.hang()).status).toBe('SUCCEEDED');
  expect(responded.machine.nmis).toBe(1);
  responded.expectReport('Collected', /the fleet watch tells of it[^]*fleet watch: \S*FleetWatch/);
  expect(responded.events[0]).toMatchObject({ fleetWatch: expect.stringContaining('FleetWatch') });
  expect(responded.events[0]).not.toHaveProperty('alarm');
  await responded.expectCollected();
  expect(responded.local.calls.filter(({ caller, error }) => caller.includes(':assumed-role/') && error)).toEqual([]);
});

test('the instance never comes back: the workflow gives up by name, the instance is given back to its group', async () => {
  responded = await Responded.deploy({ group: {}, machine: { stuck: true }, returnTimeout: Duration.minutes(10) });
  const { status, error, cause } = await responded.hang();
  expect([status, error, cause]).toEqual(['FAILED', 'CrashDumpResponseFailed', `${WEB} was interrupted and did not come back`]);
  responded.expectReport('NotBack', /After 10 minutes the instance status check says impaired/);
  expect(responded.memberState).toBe('InService');
  expect(responded.machine.nmis).toBe(1);
});

test('an interrupt is swallowed: a second one is sent', async () => {
  responded = await Responded.deploy({ machine: { swallowed: 1 } });
  expect((await responded.hang()).status).toBe('SUCCEEDED');
  expect(responded.machine.nmis).toBe(2);
  responded.expectReport('Collected', /the second interrupt/);
  await responded.expectCollected();
});

test('an interrupt is answered late: no second one is sent', async () => {
  responded = await Responded.deploy({ machine: { late: 4, dumpMinutes: 2 } });
  expect((await responded.hang()).status).toBe('SUCCEEDED');
  expect(responded.machine.nmis).toBe(1);
  responded.expectReport('Collected', /its crash was collected/);
});

test('all interrupts are swallowed: the workflow gives up by name after the second', async () => {
  responded = await Responded.deploy({ machine: { swallowed: 9 }, group: {} });
  expect((await responded.hang()).status).toBe('FAILED');
  expect(responded.machine.nmis).toBe(2);
  responded.expectReport('Unanswered', /took no notice of the diagnostic interrupt[^]*shown nothing new/);
  expect(responded.memberState).toBe('InService');
});

test('EC2 does not answer for minutes while the instance dumps: it is looked at again, and stays on standby', async () => {
  responded = await Responded.deploy({ group: {}, machine: { dumpMinutes: 20 } });
  responded.machine.hang();
  await responded.until('the interrupt', () => responded.machine.nmis === 1);
  responded.local.faults.add({ service: 'ec2', action: 'DescribeInstanceStatus', times: 15, fault: Fault.serverError(503) });
  expect((await responded.over()).status).toBe('SUCCEEDED');
  responded.expectReport('Collected', /It is in service again/);
  await responded.expectCollected();
});

test('EC2 does not answer while a termination is held: it is held on', async () => {
  responded = await Responded.deploy({ group: { replaceAfterMinutes: 1 }, machine: { dumpMinutes: 30 } });
  responded.group!.hooks.push({ name: 'keep', transition: 'autoscaling:EC2_INSTANCE_TERMINATING', heartbeatMinutes: 15 });
  responded.machine.hang();
  await responded.until('the interrupt', () => responded.machine.nmis === 1);
  const end = responded.local.faults.add({ service: 'ec2', action: 'DescribeInstanceStatus', fault: Fault.serverError(503) });
  responded.local.clock.after(25, end);
  expect((await responded.over()).status).toBe('SUCCEEDED');
  responded.expectReport('Collected', /Its termination in the Auto Scaling group web goes on/);
});

test('EC2 never answers again: the workflow gives up when the return has had its time, and gives the instance back', async () => {
  responded = await Responded.deploy({ group: {}, returnTimeout: Duration.minutes(10) });
  responded.machine.hang();
  await responded.until('the interrupt', () => responded.machine.nmis === 1);
  responded.local.faults.add({ service: 'ec2', action: 'DescribeInstanceStatus', fault: Fault.serverError(503) });
  expect((await responded.over()).status).toBe('FAILED');
  responded.expectReport('Failed', /What failed: [^]*It is in service again/);
  expect(responded.memberState).toBe('InService');
  // Ten looks, each of them tried twice.
  expect(responded.local.invocations.filter(({ event: { incident } }) => incident?.attempt && !incident.restored).length).toBe(20);
});

test('two alarms go off for one instance: one interrupt, one report', async () => {
  responded = await Responded.deploy({ alarms: 2, group: {} });
  await responded.hang();
  expect(responded.local.stepFunctions.executions).toHaveLength(2);
  expect(responded.local.stepFunctions.executions.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
  expect(responded.machine.nmis).toBe(1);
  responded.expectReport('Collected', /It is in service again/);
  expect(responded.memberState).toBe('InService');
});

test.each([
  ['while the instance dumps', () => responded.machine.nmis === 1],
  ['while the instance is on its way to standby', () => responded.memberState === 'Standby'],
])('the workflow is stopped by hand %s: another execution gives the instance back and reports', async (_when, reached) => {
  responded = await Responded.deploy({ group: {}, machine: { dumpMinutes: 6 } });
  responded.machine.hang();
  await responded.until('the moment', reached);
  await responded.stop();
  await responded.over();
  expect(responded.local.stepFunctions.executions.map(({ status }) => status)).toEqual(['ABORTED', 'SUCCEEDED']);
  responded.expectReport('Stopped', /The workflow ended as ABORTED before it was done\./);
  expect(responded.memberState).toBe('InService');
});

test('the workflow is stopped by hand twice: a third execution gives the instance back and reports', async () => {
  responded = await Responded.deploy({ group: {}, machine: { dumpMinutes: 12 } });
  responded.machine.hang();
  await responded.until('the interrupt', () => responded.machine.nmis === 1);
  await responded.stop();
  // It looks at the instance: it has taken over.
  await responded.until('the second one', () => responded.local.invocations.some(({ event }) => event.incident?.stopped));
  await responded.stop();
  await responded.over();
  expect(responded.local.stepFunctions.executions.map(({ status }) => status)).toEqual(['ABORTED', 'ABORTED', 'SUCCEEDED']);
  responded.expectReport('Stopped', /The workflow ended as ABORTED before it was done\./);
  expect(responded.memberState).toBe('InService');
  expect(await responded.records()).toEqual([]);
});

test('the workflow is stopped by hand while DynamoDB does not answer: the instance is given back when it does', async () => {
  responded = await Responded.deploy({ group: {}, machine: { dumpMinutes: 6 } });
  responded.machine.hang();
  await responded.until('the interrupt', () => responded.machine.nmis === 1);
  responded.local.faults.add({ service: 'dynamodb', action: 'GetItem', times: 7, fault: Fault.serverError() });
  await responded.stop();
  await responded.over();
  responded.expectReport('Stopped', /It is in service again/);
  expect(responded.memberState).toBe('InService');
});

test('nobody can be told by the topic: the event is sent, and the execution fails', async () => {
  responded = await Responded.deploy();
  responded.local.faults.add({ service: 'sns', fault: Fault.serverError() });
  responded.machine.hang();
  const { stepFunctions: { executions } } = responded.local;
  await responded.until('the end', () => responded.events.length > 0 && executions.every(({ status }) => status !== 'RUNNING'));
  const { status, cause } = executions[0];
  expect([status, cause]).toEqual(['FAILED', `${WEB} hung, was interrupted, and is back; its crash was collected. The report could not be sent on every way: see undelivered in the input of this state`]);
  await responded.expectCollected();
});

test.each([
  ['of an instance', true],
  ['of what could not be assessed', false],
])('the report %s cannot be put into words: a plain one is sent', async (_what, assessed) => {
  responded = await Responded.deploy();
  const functionName = [...responded.local.lambda.functions.keys()].find(name => name.includes('Report'))!;
  const only = ({ FunctionName }: Record<string, unknown>) => String(FunctionName).includes(functionName);
  responded.local.faults.add({ service: 'lambda', action: 'Invoke', ...assessed && { only }, fault: Fault.serverError() });
  const { error, cause } = await responded.hang();
  expect([error, cause]).toEqual(['CrashDumpResponseFailed', `A crash dump response ${assessed ? `for ${WEB} ` : ''}could not be reported`]);
  expect(responded.messages[0].body).toMatch(/^What happened could not be put into words\. Look at the execution: arn:/);
  expect(responded.events).toEqual([{
    version: 1, outcome: 'Failed', ...assessed && { instanceId: WEB }, execution: responded.local.stepFunctions.executions[0].arn,
  }]);
  expect(responded.local.ssm.opsItems).toMatchObject([{ title: cause, description: responded.messages[0].body, severity: '2' }]);
});

test('refuses an instance whose kdump is not armed, touches nothing, and tells', async () => {
  responded = await Responded.deploy({ group: {}, armed: false });
  expect((await responded.hang()).status).toBe('SUCCEEDED');
  responded.expectReport('NotInterrupted', /is unresponsive and was not interrupted\.[^]*KdumpNotArmed: The association/);
  expect([responded.machine.nmis, responded.memberState, responded.group!.activities]).toEqual([0, 'InService', []]);
});

test('refuses an instance of which something cannot be learned, after three tries, and tells which one', async () => {
  responded = await Responded.deploy({ group: {} });
  responded.local.faults.add({ service: 'ssm', action: 'DescribeInstanceAssociationsStatus', fault: Fault.accessDenied() });
  expect((await responded.hang()).status).toBe('SUCCEEDED');
  responded.expectReport('NotInterrupted', /^i-0123456789abcdef0 is unresponsive and was not interrupted\.[^]*EvidenceMissing: Is kdump armed\? Not known: ssm:/);
  expect(responded.local.invocations.filter(({ event }) => event.step === 'assess')).toHaveLength(3);
  expect([responded.machine.nmis, responded.group!.activities]).toEqual([0, []]);
});

test('a fault of many at once is not told for each of them', async () => {
  responded = await Responded.deploy();
  await responded.spendBreaker();
  responded.machine.hang();
  await responded.until('the end', () => responded.local.stepFunctions.executions[0]?.status === 'SUCCEEDED');
  expect([responded.machine.nmis, responded.messages.length]).toEqual([0, 0]);
});

test('an instance that has recovered meanwhile is let alone, and nobody is told', async () => {
  responded = await Responded.deploy({ group: {} });
  await responded.startByHand();
  await responded.until('the end', () => responded.local.stepFunctions.executions[0]?.status === 'SUCCEEDED');
  expect([responded.machine.nmis, responded.messages.length, responded.group!.activities]).toEqual([0, 0, []]);
});
