import { Duration } from 'aws-cdk-lib';
import { Responded, Setting, WEB } from './responded';
import { Fault } from '../../local/aws/fault';
import { DumpContents } from '../../src';

// The rows of `npm run test:response`: what goes wrong, and that the instance is restored, the report sent and nothing lost all the same.

jest.setTimeout(180_000);

let responded: Responded;
afterEach(() => responded.close());

async function deploy(setting?: Setting): Promise<Responded> {
  responded = await Responded.deploy(setting);
  return responded;
}

/** The one report, of this outcome, by message and by event. */
function expectReport(outcome: string, message: RegExp): void {
  expect(responded.messages).toHaveLength(1);
  expect(responded.messages[0].body).toMatch(message);
  expect(responded.events).toMatchObject([{ version: 1, outcome, instanceId: WEB }]);
  expect(responded.local.ssm.opsItems).toHaveLength(1);
}

/** Everything is in the bucket as it is on the machine. */
async function expectCollected(): Promise<void> {
  const [log, dump] = responded.events[0].dump.files;
  expect(await responded.local.s3.keys(responded.bucket)).toEqual([log.key, dump.key].sort());
  expect((await responded.local.s3.object(responded.bucket, dump.key)).equals(responded.vmcore)).toBe(true);
  expect(dump.key).toMatch(/^i-0123456789abcdef0\/\d{8}T\d{6}Z\/dump\.\d+$/);
  expect(responded.local.s3.unfinished).toBe(0);
}

const INTERRUPTED_ONCE = () => expect(responded.machine.nmis).toBe(1);

test('an instance on its own: its crash arrives byte for byte, the report says why it hung', async () => {
  await deploy();
  expect((await responded.hang()).status).toBe('SUCCEEDED');
  INTERRUPTED_ONCE();
  expectReport('Collected', /is back; its crash was collected[^]*Probable cause: a disk or file system failed[^]*Panic: Kernel panic - not syncing: NMI/);
  expect(responded.messages[0].body).toContain('sudo apt-get install crash linux-image-6.1.0-47-cloud-amd64-dbg');
  await expectCollected();
  // What a role was refused would be a permission that is missing.
  expect(responded.local.calls.filter(({ caller, error }) => caller.includes(':assumed-role/') && error)).toEqual([]);
});

test('an instance of a fleet: what the watch tells of is collected, and the report says who told', async () => {
  await deploy({ fleetWatch: true });
  expect((await responded.hang()).status).toBe('SUCCEEDED');
  INTERRUPTED_ONCE();
  expectReport('Collected', /the fleet watch tells of it[^]*fleet watch: \S*FleetWatch/);
  expect(responded.events[0]).toMatchObject({ fleetWatch: expect.stringContaining('FleetWatch') });
  expect(responded.events[0]).not.toHaveProperty('alarm');
  await expectCollected();
  expect(responded.local.calls.filter(({ caller, error }) => caller.includes(':assumed-role/') && error)).toEqual([]);
});

test('the kernel log alone leaves the machine, unless more is asked for', async () => {
  await deploy({ contents: DumpContents.KERNEL_LOG, runbookUrl: 'https://wiki.example.com/hung' });
  await responded.hang();
  expectReport('Collected', /On the instance, in .*:\n {2}dump\.\d+ {2}12\.0 MiB\n/);
  expectReport('Collected', /^i-.* was collected\.\nRunbook: https:\/\/wiki\.example\.com\/hung\n\n/);
  expect(await responded.local.s3.keys(responded.bucket)).toEqual([expect.stringMatching(/\/dmesg\.\d+$/)]);
});

test('what was brought is removed from the instance, if asked', async () => {
  await deploy({ removeFromInstance: true });
  await responded.hang();
  expectReport('Collected', /removed from the instance/);
  await expectCollected();
});

test('an Auto Scaling group that wants to replace the instance: it is on standby while it dumps, and in service afterwards', async () => {
  await deploy({ group: { replaceAfterMinutes: 25 }, machine: { dumpMinutes: 30 } });
  expect((await responded.hang()).status).toBe('SUCCEEDED');
  INTERRUPTED_ONCE();
  expectReport('Collected', /It is in service again in the Auto Scaling group web\./);
  await expectCollected();
  expect([responded.memberState, responded.machine.current]).toEqual(['InService', 'running']);
  expect(responded.group!.activities).toEqual([
    `Launching a new EC2 instance while ${WEB} is on standby`, `Moving EC2 instance to Standby: ${WEB}`, `Moving EC2 instance out of Standby: ${WEB}`,
  ]);
});

test('a group that is already terminating the instance: its lifecycle hook is held, and let go afterwards', async () => {
  await deploy({ group: { hook: true, replaceAfterMinutes: 1 }, machine: { dumpMinutes: 30 } });
  expect((await responded.hang()).status).toBe('SUCCEEDED');
  expectReport('Collected', /Its termination in the Auto Scaling group web goes on/);
  await expectCollected();
  await responded.until('the termination', () => responded.machine.current === 'terminated');
});

test('two hooks, of which the owner of one has completed it: the other one is held, and let go afterwards', async () => {
  await deploy({ group: { hook: true, replaceAfterMinutes: 1 }, machine: { dumpMinutes: 30 } });
  responded.group!.hooks.push({ name: 'keep', transition: 'autoscaling:EC2_INSTANCE_TERMINATING', heartbeatMinutes: 15 });
  responded.machine.hang();
  await responded.until('the termination to wait', () => responded.memberState === 'Terminating:Wait');
  responded.group!.complete(responded.group!.members[0], 'drain');
  expect((await responded.over()).status).toBe('SUCCEEDED');
  expectReport('Collected', /Its termination in the Auto Scaling group web goes on/);
  await expectCollected();
  await responded.until('the termination', () => responded.machine.current === 'terminated');
});

test('a group that terminates the instance, and still drains it: its hook is held as soon as it waits', async () => {
  await deploy({ group: { drainMinutes: 16, replaceAfterMinutes: 1 }, machine: { dumpMinutes: 30 } });
  responded.group!.hooks.push({ name: 'keep', transition: 'autoscaling:EC2_INSTANCE_TERMINATING', heartbeatMinutes: 12 });
  expect((await responded.hang()).status).toBe('SUCCEEDED');
  expectReport('Collected', /Its termination in the Auto Scaling group web goes on/);
  expect(responded.events[0].autoScaling).toMatchObject({ shield: 'hook' });
  await expectCollected();
  await responded.until('the termination', () => responded.machine.current === 'terminated');
});

test('EnterStandby is refused: the instance is interrupted all the same, and the report says so', async () => {
  await deploy({ group: { minSize: 1 }, reduceCapacity: true });
  await responded.hang();
  expectReport('Collected', /It could not be kept from being replaced: AutoScaling\.AutoScalingException: .*min-size=1/);
  await expectCollected();
  expect(responded.memberState).toBe('InService');
});

test('ExitStandby fails twice: it is tried again', async () => {
  await deploy({ group: {} });
  responded.local.faults.add({ service: 'autoscaling', action: 'ExitStandby', times: 2, fault: Fault.serverError() });
  expect((await responded.hang()).status).toBe('SUCCEEDED');
  expectReport('Collected', /It is in service again/);
  expect(responded.memberState).toBe('InService');
});

test('a load balancer drains the instance for long: it leaves standby when it has arrived there', async () => {
  await deploy({ group: { drainMinutes: 8 } });
  expect((await responded.hang()).status).toBe('SUCCEEDED');
  expect(responded.memberState).toBe('InService');
});

test('ExitStandby fails for good: the execution fails, another one tries again and succeeds', async () => {
  await deploy({ group: {} });
  const end = responded.local.faults.add({ service: 'autoscaling', action: 'ExitStandby', times: 13, fault: Fault.serverError() });
  responded.machine.hang();
  await responded.until('the first report', () => responded.messages.length > 0);
  end();
  await responded.over();
  await responded.until('the instance to be in service', () => responded.memberState === 'InService');
  expect(responded.messages[0].body).toMatch(/IT COULD NOT BE GIVEN BACK to the Auto Scaling group web: AutoScaling\./);
  expect(responded.messages.at(-1)!.body).toMatch(/was given back after its crash dump response had been stopped/);
});

test('an upload is cut in the middle: it is resumed where it was, and no part is sent twice', async () => {
  await deploy();
  responded.local.faults.add({ service: 's3', action: 'UploadPart', after: 1, times: 1, fault: Fault.disconnect() });
  expect((await responded.hang()).status).toBe('SUCCEEDED');
  expectReport('Collected', /its crash was collected/);
  await expectCollected();
  const parts = responded.local.calls.filter(({ action, status }) => action === 'UploadPart' && status === 200).map(({ params }) => Number(params.PartNumber));
  // Two are on their way at a time.
  expect(parts.sort((one, other) => one - other)).toEqual([1, 2, 3]);
});

// S3 says AccessDenied to an expired URL. The clock of a URL counts seconds, in which the stand's workflow tries more often than it may.
test('a presigned URL has expired: the part is signed anew', async () => {
  await deploy();
  responded.local.faults.add({ service: 's3', action: 'UploadPart', after: 1, times: 1, fault: Fault.accessDenied() });
  expect((await responded.hang()).status).toBe('SUCCEEDED');
  const parts = responded.local.calls.filter(({ action }) => action === 'UploadPart').map(({ params, status }) => [params.PartNumber, status]);
  const [refused] = parts.filter(([, status]) => status === 403).map(([number]) => number);
  expect([2, 3]).toContain(refused);
  expect(parts.map(([number, status]) => `${number}: ${status}`).sort()).toEqual(['1: 200', '2: 200', '3: 200', `${refused}: 403`].sort());
  expectReport('Collected', /its crash was collected/);
  await expectCollected();
});

test('S3 takes nothing: the instance is given back, the dump stays on it and the report says where', async () => {
  await deploy({ group: {} });
  responded.local.faults.add({ service: 's3', action: 'UploadPart', fault: Fault.serverError(503) });
  await responded.hang();
  expectReport('PartlyCollected', /On the instance, in .*:\n {2}dump\.\d+ {2}12\.0 MiB\nMissing: dump\.\d+ could not be uploaded\. part 1: HTTP status 503/);
  expect(responded.memberState).toBe('InService');
});

test('the instance never comes back: the workflow gives up by name, the instance is given back to its group', async () => {
  await deploy({ group: {}, machine: { stuck: true }, returnTimeout: Duration.minutes(10) });
  const { status, error, cause } = await responded.hang();
  expect([status, error, cause]).toEqual(['FAILED', 'CrashDumpResponseFailed', `${WEB} was interrupted and did not come back`]);
  expectReport('NotBack', /After 10 minutes the instance status check says impaired/);
  expect(responded.memberState).toBe('InService');
  INTERRUPTED_ONCE();
});

test('an interrupt is swallowed: a second one is sent', async () => {
  await deploy({ machine: { swallowed: 1 } });
  expect((await responded.hang()).status).toBe('SUCCEEDED');
  expect(responded.machine.nmis).toBe(2);
  expectReport('Collected', /the second interrupt/);
  await expectCollected();
});

test('an interrupt is answered late: no second one is sent', async () => {
  await deploy({ machine: { late: 4, dumpMinutes: 2 } });
  expect((await responded.hang()).status).toBe('SUCCEEDED');
  INTERRUPTED_ONCE();
  expectReport('Collected', /its crash was collected/);
});

test('all interrupts are swallowed: the workflow gives up by name after the second', async () => {
  await deploy({ machine: { swallowed: 9 }, group: {} });
  expect((await responded.hang()).status).toBe('FAILED');
  expect(responded.machine.nmis).toBe(2);
  expectReport('Unanswered', /took no notice of the diagnostic interrupt[^]*shown nothing new/);
  expect(responded.memberState).toBe('InService');
});

test('EC2 does not answer for minutes while the instance dumps: it is looked at again, and stays on standby', async () => {
  await deploy({ group: {}, machine: { dumpMinutes: 20 } });
  responded.machine.hang();
  await responded.until('the interrupt', () => responded.machine.nmis === 1);
  responded.local.faults.add({ service: 'ec2', action: 'DescribeInstanceStatus', times: 15, fault: Fault.serverError(503) });
  expect((await responded.over()).status).toBe('SUCCEEDED');
  expectReport('Collected', /It is in service again/);
  await expectCollected();
});

test('EC2 does not answer while a termination is held: it is held on', async () => {
  await deploy({ group: { replaceAfterMinutes: 1 }, machine: { dumpMinutes: 30 } });
  responded.group!.hooks.push({ name: 'keep', transition: 'autoscaling:EC2_INSTANCE_TERMINATING', heartbeatMinutes: 15 });
  responded.machine.hang();
  await responded.until('the interrupt', () => responded.machine.nmis === 1);
  const end = responded.local.faults.add({ service: 'ec2', action: 'DescribeInstanceStatus', fault: Fault.serverError(503) });
  responded.local.clock.after(25, end);
  expect((await responded.over()).status).toBe('SUCCEEDED');
  expectReport('Collected', /Its termination in the Auto Scaling group web goes on/);
});

test('EC2 never answers again: the workflow gives up when the return has had its time, and gives the instance back', async () => {
  await deploy({ group: {}, returnTimeout: Duration.minutes(10) });
  responded.machine.hang();
  await responded.until('the interrupt', () => responded.machine.nmis === 1);
  responded.local.faults.add({ service: 'ec2', action: 'DescribeInstanceStatus', fault: Fault.serverError(503) });
  expect((await responded.over()).status).toBe('FAILED');
  expectReport('Failed', /What failed: [^]*It is in service again/);
  expect(responded.memberState).toBe('InService');
  // Ten looks, each of them tried twice.
  expect(responded.local.invocations.filter(({ event: { incident } }) => incident?.attempt && !incident.restored).length).toBe(20);
});

test('Systems Manager does not answer for minutes when the collection begins: it is tried again', async () => {
  await deploy({ group: { hook: true, replaceAfterMinutes: 1 }, machine: { dumpMinutes: 10 } });
  responded.local.faults.add({ service: 'ssm', action: 'SendCommand', times: 15, fault: Fault.serverError(503) });
  expect((await responded.hang()).status).toBe('SUCCEEDED');
  expectReport('Collected', /Its termination in the Auto Scaling group web goes on/);
  await expectCollected();
});

test.each([['ssm', 'SendCommand'], ['s3', 'CreateMultipartUpload']])('a policy bars %s:%s: nothing is waited for, and the report says so', async (service, action) => {
  await deploy({ group: {} });
  responded.local.faults.add({ service, action, fault: Fault.accessDenied() });
  expect((await responded.hang()).status).toBe('FAILED');
  expectReport('Failed', /AccessDenied/);
  // Once more, since nothing is known from one answer alone.
  expect(responded.local.calls.filter(call => call.action === action)).toHaveLength(2);
  expect(responded.memberState).toBe('InService');
});

test('the dump is empty: the kernel log arrives, and the report says that the dump is empty', async () => {
  await deploy({ machine: { vmcore: Buffer.alloc(0) } });
  await responded.hang();
  expectReport('PartlyCollected', /Panic: Kernel panic[^]*Missing: The dump is empty\./);
});

test('two alarms go off for one instance: one interrupt, one report', async () => {
  await deploy({ alarms: 2, group: {} });
  await responded.hang();
  expect(responded.local.stepFunctions.executions).toHaveLength(2);
  expect(responded.local.stepFunctions.executions.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
  INTERRUPTED_ONCE();
  expectReport('Collected', /It is in service again/);
  expect(responded.memberState).toBe('InService');
});

test.each([
  ['while the instance dumps', () => responded.machine.nmis === 1],
  ['while the instance is on its way to standby', () => responded.memberState === 'Standby'],
])('the workflow is stopped by hand %s: another execution gives the instance back and reports', async (_when, reached) => {
  await deploy({ group: {}, machine: { dumpMinutes: 6 } });
  responded.machine.hang();
  await responded.until('the moment', reached);
  await responded.stop();
  await responded.over();
  expect(responded.local.stepFunctions.executions.map(({ status }) => status)).toEqual(['ABORTED', 'SUCCEEDED']);
  expectReport('Stopped', /The workflow ended as ABORTED before it was done\./);
  expect(responded.memberState).toBe('InService');
});

test('the workflow is stopped by hand twice: a third execution gives the instance back and reports', async () => {
  await deploy({ group: {}, machine: { dumpMinutes: 12 } });
  responded.machine.hang();
  await responded.until('the interrupt', () => responded.machine.nmis === 1);
  await responded.stop();
  // It looks at the instance: it has taken over.
  await responded.until('the second one', () => responded.local.invocations.some(({ event }) => event.incident?.stopped));
  await responded.stop();
  await responded.over();
  expect(responded.local.stepFunctions.executions.map(({ status }) => status)).toEqual(['ABORTED', 'ABORTED', 'SUCCEEDED']);
  expectReport('Stopped', /The workflow ended as ABORTED before it was done\./);
  expect(responded.memberState).toBe('InService');
  expect(await responded.records()).toEqual([]);
});

test('ExitStandby always fails: it is tried once more by another execution, and by no third one', async () => {
  await deploy({ group: {} });
  responded.local.faults.add({ service: 'autoscaling', action: 'ExitStandby', fault: Fault.serverError() });
  responded.machine.hang();
  const { stepFunctions: { executions } } = responded.local;
  await responded.until('the end', () => executions.length === 3 && executions[2].status !== 'RUNNING');
  expect(executions.map(({ status }) => status)).toEqual(['FAILED', 'FAILED', 'SUCCEEDED']);
  expect(responded.messages.map(({ body }) => /IT COULD NOT BE GIVEN BACK/.test(body))).toEqual([true, true]);
  expect(await responded.records()).toEqual([]);
});

test('nobody can be told by the topic: the event is sent, and the execution fails', async () => {
  await deploy();
  responded.local.faults.add({ service: 'sns', fault: Fault.serverError() });
  responded.machine.hang();
  const { stepFunctions: { executions } } = responded.local;
  await responded.until('the end', () => responded.events.length > 0 && executions.every(({ status }) => status !== 'RUNNING'));
  expect(responded.local.stepFunctions.executions[0].status).toBe('FAILED');
  await expectCollected();
});

test.each([
  ['of an instance', true],
  ['of what could not be assessed', false],
])('the report %s cannot be put into words: a plain one is sent', async (_what, assessed) => {
  await deploy();
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
  await deploy({ group: {}, armed: false });
  expect((await responded.hang()).status).toBe('SUCCEEDED');
  expectReport('NotInterrupted', /is unresponsive and was not interrupted\.[^]*KdumpNotArmed: The association/);
  expect([responded.machine.nmis, responded.memberState, responded.group!.activities]).toEqual([0, 'InService', []]);
});

test('refuses an instance of which something cannot be learned, after three tries, and tells which one', async () => {
  await deploy({ group: {} });
  responded.local.faults.add({ service: 'ssm', action: 'DescribeInstanceAssociationsStatus', fault: Fault.accessDenied() });
  expect((await responded.hang()).status).toBe('SUCCEEDED');
  expectReport('NotInterrupted', /^i-0123456789abcdef0 is unresponsive and was not interrupted\.[^]*EvidenceMissing: Is kdump armed\? Not known: ssm:/);
  expect(responded.local.invocations.filter(({ event }) => event.step === 'assess')).toHaveLength(3);
  expect([responded.machine.nmis, responded.group!.activities]).toEqual([0, []]);
});

test('a fault of many at once is not told for each of them', async () => {
  await deploy();
  await responded.spendBreaker();
  responded.machine.hang();
  await responded.until('the end', () => responded.local.stepFunctions.executions[0]?.status === 'SUCCEEDED');
  expect([responded.machine.nmis, responded.messages.length]).toEqual([0, 0]);
});

test('an instance that has recovered meanwhile is let alone, and nobody is told', async () => {
  await deploy({ group: {} });
  await responded.startByHand();
  await responded.until('the end', () => responded.local.stepFunctions.executions[0]?.status === 'SUCCEEDED');
  expect([responded.machine.nmis, responded.messages.length, responded.group!.activities]).toEqual([0, 0, []]);
});
