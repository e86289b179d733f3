import { Responded, WEB } from './responded';
import { Fault } from '../../local/aws/fault';

// Rows of `npm run test:response`: what Auto Scaling does meanwhile.

jest.setTimeout(180_000);

let responded: Responded;
afterEach(() => responded.close());

test('an Auto Scaling group that wants to replace the instance: it is on standby while it dumps, and in service afterwards', async () => {
  responded = await Responded.deploy({ group: { replaceAfterMinutes: 25 }, machine: { dumpMinutes: 30 } });
  expect((await responded.hang()).status).toBe('SUCCEEDED');
  expect(responded.machine.nmis).toBe(1);
  responded.expectReport('Collected', /It is in service again in the Auto Scaling group web\./);
  await responded.expectCollected();
  expect([responded.memberState, responded.machine.current]).toEqual(['InService', 'running']);
  expect(responded.group!.activities).toEqual([
    `Launching a new EC2 instance while ${WEB} is on standby`, `Moving EC2 instance to Standby: ${WEB}`, `Moving EC2 instance out of Standby: ${WEB}`,
  ]);
});

test('a group that is already terminating the instance: its lifecycle hook is held, and let go afterwards', async () => {
  responded = await Responded.deploy({ group: { hook: true, replaceAfterMinutes: 1 }, machine: { dumpMinutes: 30 } });
  expect((await responded.hang()).status).toBe('SUCCEEDED');
  responded.expectReport('Collected', /Its termination in the Auto Scaling group web goes on/);
  await responded.expectCollected();
  await responded.until('the termination', () => responded.machine.current === 'terminated');
});

test('two hooks, of which the owner of one has completed it: the other one is held, and let go afterwards', async () => {
  responded = await Responded.deploy({ group: { hook: true, replaceAfterMinutes: 1 }, machine: { dumpMinutes: 30 } });
  responded.group!.hooks.push({ name: 'keep', transition: 'autoscaling:EC2_INSTANCE_TERMINATING', heartbeatMinutes: 15 });
  responded.machine.hang();
  await responded.until('the termination to wait', () => responded.memberState === 'Terminating:Wait');
  responded.group!.complete(responded.group!.members[0], 'drain');
  expect((await responded.over()).status).toBe('SUCCEEDED');
  responded.expectReport('Collected', /Its termination in the Auto Scaling group web goes on/);
  await responded.expectCollected();
  await responded.until('the termination', () => responded.machine.current === 'terminated');
});

test('a group that terminates the instance, and still drains it: its hook is held as soon as it waits', async () => {
  responded = await Responded.deploy({ group: { drainMinutes: 16, replaceAfterMinutes: 1 }, machine: { dumpMinutes: 30 } });
  responded.group!.hooks.push({ name: 'keep', transition: 'autoscaling:EC2_INSTANCE_TERMINATING', heartbeatMinutes: 12 });
  expect((await responded.hang()).status).toBe('SUCCEEDED');
  responded.expectReport('Collected', /Its termination in the Auto Scaling group web goes on/);
  expect(responded.events[0].autoScaling).toMatchObject({ shield: 'hook' });
  await responded.expectCollected();
  await responded.until('the termination', () => responded.machine.current === 'terminated');
});

test('a group that drains the instance and has no termination hook: it is not reported as held', async () => {
  responded = await Responded.deploy({ group: { drainMinutes: 60, replaceAfterMinutes: 1 } });
  responded.group!.hooks.push({ name: 'arm', transition: 'autoscaling:EC2_INSTANCE_LAUNCHING', heartbeatMinutes: 12 });
  expect((await responded.hang()).status).toBe('SUCCEEDED');
  responded.expectReport('Collected', /It could not be kept from being replaced: NoLifecycleHook: The group terminates it already/);
  expect(responded.events[0]).not.toHaveProperty('autoScaling');
});

test('a group that waits for nothing any more: the report says that the instance could not be kept', async () => {
  responded = await Responded.deploy({ group: {} });
  responded.group!.members[0].lifecycleState = 'Terminating:Proceed';
  expect((await responded.hang()).status).toBe('SUCCEEDED');
  responded.expectReport('Collected', /It could not be kept from being replaced: TooLate: The group terminates it already/);
});

test('EnterStandby is done, and its answer is lost: no failure is reported', async () => {
  responded = await Responded.deploy({ group: {} });
  responded.local.faults.add({ service: 'autoscaling', action: 'EnterStandby', times: 1, fault: Fault.disconnect(true) });
  expect((await responded.hang()).status).toBe('SUCCEEDED');
  responded.expectReport('Collected', /It is in service again/);
  expect(responded.messages[0].body).not.toContain('could not be kept');
  expect(responded.memberState).toBe('InService');
});

test('EnterStandby is refused: the instance is interrupted all the same, and the report says so', async () => {
  responded = await Responded.deploy({ group: { minSize: 1 }, reduceCapacity: true });
  await responded.hang();
  responded.expectReport('Collected', /It could not be kept from being replaced: AutoScaling\.AutoScalingException: .*min-size=1/);
  await responded.expectCollected();
  expect(responded.memberState).toBe('InService');
});

test('ExitStandby fails twice: it is tried again', async () => {
  responded = await Responded.deploy({ group: {} });
  responded.local.faults.add({ service: 'autoscaling', action: 'ExitStandby', times: 2, fault: Fault.serverError() });
  expect((await responded.hang()).status).toBe('SUCCEEDED');
  responded.expectReport('Collected', /It is in service again/);
  expect(responded.memberState).toBe('InService');
});

test('ExitStandby is done, and its answer is lost: it is not reported as failed', async () => {
  responded = await Responded.deploy({ group: {} });
  responded.local.faults.add({ service: 'autoscaling', action: 'ExitStandby', times: 1, fault: Fault.disconnect(true) });
  expect((await responded.hang()).status).toBe('SUCCEEDED');
  responded.expectReport('Collected', /It is in service again/);
  expect(responded.memberState).toBe('InService');
});

test('a load balancer drains the instance for long: it leaves standby when it has arrived there', async () => {
  responded = await Responded.deploy({ group: { drainMinutes: 8 } });
  expect((await responded.hang()).status).toBe('SUCCEEDED');
  expect(responded.memberState).toBe('InService');
});

test('ExitStandby fails for good: the execution fails, another one tries again and succeeds', async () => {
  responded = await Responded.deploy({ group: {} });
  const end = responded.local.faults.add({ service: 'autoscaling', action: 'ExitStandby', times: 13, fault: Fault.serverError() });
  responded.machine.hang();
  await responded.until('the first report', () => responded.messages.length > 0);
  end();
  await responded.over();
  await responded.until('the instance to be in service', () => responded.memberState === 'InService');
  expect(responded.messages[0].body).toMatch(/IT COULD NOT BE GIVEN BACK to the Auto Scaling group web: AutoScaling\./);
  expect(responded.messages.at(-1)!.body).toMatch(/crash dump response ended before it was done\.[^]*It is in service again in the Auto Scaling group web\./);
});

test('ExitStandby always fails: it is tried once more by another execution, and by no third one', async () => {
  responded = await Responded.deploy({ group: {} });
  responded.local.faults.add({ service: 'autoscaling', action: 'ExitStandby', fault: Fault.serverError() });
  responded.machine.hang();
  const { stepFunctions: { executions } } = responded.local;
  await responded.until('the end', () => executions.length === 3 && executions[2].status !== 'RUNNING');
  expect(executions.map(({ status }) => status)).toEqual(['FAILED', 'FAILED', 'SUCCEEDED']);
  expect(responded.messages.map(({ body }) => /IT COULD NOT BE GIVEN BACK/.test(body))).toEqual([true, true]);
  expect(responded.messages.map(({ body }) => /gave the instance back/.test(body))).toEqual([false, false]);
  expect(responded.local.ssm.opsItems.map(({ title }) => title)).toEqual(Array(2).fill(`${WEB} could not be given back to its Auto Scaling group`));
  expect(await responded.records()).toEqual([]);
});
