import { MemoryMachine } from './memory-machine';
import { LocalAws } from '../../../local/aws/aws-endpoint';
import { AwsError } from '../../../local/aws/aws-error';

jest.setTimeout(30_000);
const WEB = 'i-0123456789abcdef0';

let local: LocalAws;
let machine: MemoryMachine;

beforeEach(() => {
  local = new LocalAws({ minuteMs: 50 });
  machine = new MemoryMachine(WEB);
  local.launch(machine);
});
afterEach(() => local.close());

/** One group with one member. */
function setUp(more: object = {}) {
  const group = local.autoScaling.createGroup({ name: 'web', minSize: 1, maxSize: 2, desired: 1, ...more });
  return { group, member: local.autoScaling.attach('web', WEB) };
}

const call = (action: string, params: object = {}) => local.autoScaling.operations[action].run({ AutoScalingGroupName: 'web', InstanceIds: [WEB], ...params });
const until = (what: string, condition: () => boolean) => local.waitFor(what, condition, 20_000);
const HOOK = { name: 'drain', transition: 'autoscaling:EC2_INSTANCE_TERMINATING', heartbeatMinutes: 5 };

test('a member that fails its status check is terminated, and another one would be launched', async () => {
  const { group } = setUp();
  await until('health', () => local.ec2.get(WEB).status === 'ok');
  machine.answers = false;
  await until('the termination', () => machine.current === 'terminated');
  expect(group.members).toEqual([]);
  expect(group.activities).toEqual([`Terminating EC2 instance: ${WEB}`, `Launching a new EC2 instance in place of ${WEB}`]);
});

test('an instance on standby is not health-checked, and returns when it is told to', async () => {
  const { group, member } = setUp();
  await until('health', () => local.ec2.get(WEB).status === 'ok');
  machine.answers = false;
  await call('EnterStandby', { ShouldDecrementDesiredCapacity: 'false' });
  await until('standby', () => member.lifecycleState === 'Standby');
  await until('the status check', () => local.ec2.get(WEB).status === 'impaired');
  await new Promise(resolve => setTimeout(resolve, local.clock.minutes(8)));
  expect([machine.current, member.lifecycleState]).toEqual(['running', 'Standby']);
  await call('ExitStandby');
  expect([member.lifecycleState, group.desired]).toEqual(['InService', 2]);
});

test('a termination waits for its hooks: held by a heartbeat, ended by completion or by its time', async () => {
  const { group, member } = setUp({ hooks: [HOOK] });
  group.terminate(member);
  expect(member.lifecycleState).toBe('Terminating:Wait');
  const hook = { LifecycleHookName: 'drain', InstanceId: WEB };
  for (let minute = 0; minute < 8; minute += 2) {
    await new Promise(resolve => setTimeout(resolve, local.clock.minutes(2)));
    await call('RecordLifecycleActionHeartbeat', hook);
  }
  expect(machine.current).toBe('running');
  await call('CompleteLifecycleAction', { ...hook, LifecycleActionResult: 'CONTINUE' });
  await until('the termination', () => machine.current === 'terminated');
});

test('the hooks of a termination begin to wait when its load balancer has drained it', async () => {
  const { group, member } = setUp({ hooks: [HOOK], drainMinutes: 4 });
  group.terminate(member);
  expect([member.lifecycleState, member.waiting.size]).toEqual(['Terminating', 0]);
  await until('the hook', () => member.lifecycleState === 'Terminating:Wait');
  expect([...member.waiting.keys()]).toEqual(['drain']);
});

test('a hook that nobody completes ends by its time', async () => {
  const { group, member } = setUp({ hooks: [HOOK] });
  group.terminate(member);
  await until('the termination', () => machine.current === 'terminated');
});

describe('refuses', () => {
  test.each<[string, string, object, RegExp]>([
    ['to leave standby without being there', 'ExitStandby', {}, /The instance i-\w+ is not in Standby\./],
    ['to make a group smaller than its minimum', 'EnterStandby', { ShouldDecrementDesiredCapacity: 'true' }, /min-size=1, max-size=2, and desired-size=1/],
    ['an instance of another group', 'EnterStandby', { InstanceIds: ['i-2'] }, /The instance i-2 is not in InService/],
    ['a group that is not there', 'EnterStandby', { AutoScalingGroupName: 'db' }, /AutoScalingGroup db not found/],
    ['a heartbeat for what does not wait', 'RecordLifecycleActionHeartbeat', { LifecycleHookName: 'drain', InstanceId: WEB }, /No active Lifecycle Action/],
  ])('%s', (_what, action, params, message) => {
    setUp({ hooks: [HOOK] });
    expect(() => call(action, params)).toThrow(message);
    expect(() => call(action, params)).toThrow(AwsError);
  });
});
