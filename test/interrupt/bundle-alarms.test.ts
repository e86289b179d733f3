import { AlarmRule, CompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Deployed, Setting, TIMEOUT, WEB } from './deployed';
import { DiagnosticInterruptAction, UnresponsiveAlarm, UnresponsiveSignal } from '../../src';

// Alarms of every kind, from the machine that hangs to the interrupt, with nobody in between but the local CloudWatch and EventBridge.

jest.setTimeout(120_000);
const HEARTBEAT = UnresponsiveSignal.heartbeat({ namespace: 'CWAgent', metricName: 'mem_used_percent' });

let deployed: Deployed;
afterEach(() => deployed.close());

async function deploy(setting: Setting): Promise<void> {
  deployed = await Deployed.deploy(setting);
  await deployed.agentReports(0);
  await deployed.local.waitFor('the machine to be seen', () => deployed.local.ec2.get(WEB).status === 'ok', TIMEOUT);
}

/** What the function said last, once its words are of this kind. */
async function verdict(reasonOrDecision: string): Promise<any> {
  const attempts = () => deployed.local.invocations.flatMap(each => each.attempts);
  const outcomes = () => attempts().flatMap(({ result }) => result === undefined ? [] : [JSON.parse(result)]);
  return deployed.local.waitFor(reasonOrDecision, () => outcomes().find(each => [each.reason, each.decision].includes(reasonOrDecision)), TIMEOUT);
}

/** Plays the CloudWatch agent, until the returned function is called. */
function beat(): () => void {
  const metric = { Namespace: 'CWAgent', MetricName: 'mem_used_percent', Dimensions: [{ Name: 'InstanceId', Value: WEB }] };
  const timer = setInterval(() => deployed.local.cloudwatch.put(metric, 42), deployed.local.clock.minutes(0.5));
  return () => clearInterval(timer);
}

test('refuses the instance of a muted alarm', async () => {
  await deploy({});
  const [alarm] = deployed.local.cloudwatch.alarms.values();
  const mute = deployed.local.cloudwatch.mute(alarm.name);
  deployed.machine.answers = false;
  await deployed.local.waitFor('the alarm to go off', () => alarm.state.value === 'ALARM', TIMEOUT);
  await deployed.call(alarm.event());
  expect(await verdict('Muted')).toMatchObject({ decision: 'refuse' });
  expect(deployed.machine.nmis).toBe(0);
  mute.end();
  expect(await verdict('interrupt')).toMatchObject({ sent: true });
});

test('a composite alarm\'s instance is interrupted: the one that the alarms below it watch', async () => {
  await deploy({
    alarm: false,
    signals: [HEARTBEAT],
    also: (stack, interrupt, instance) => {
      const alarms = [new UnresponsiveAlarm(stack, 'Check', { instance }), new UnresponsiveAlarm(stack, 'Beat', { instance, signal: HEARTBEAT })];
      const composite = new CompositeAlarm(stack, 'Both', { alarmRule: AlarmRule.allOf(...alarms) });
      composite.addAlarmAction(DiagnosticInterruptAction.of(interrupt));
    },
  });
  deployed.machine.answers = false;
  expect(await verdict('interrupt')).toMatchObject({ instanceId: WEB, sent: true });
  expect(deployed.machine.nmis).toBe(1);
});

describe('a machine whose user space is dead, and which answers ARP', () => {
  async function starve(signal: UnresponsiveSignal, signals: UnresponsiveSignal[]): Promise<void> {
    await deploy({ signal, signals });
    const end = beat();
    const alarm = [...deployed.local.cloudwatch.alarms.values()].find(({ properties }) => properties.MetricName === 'mem_used_percent')!;
    await deployed.local.waitFor('the heartbeat', () => alarm.state.value === 'OK', TIMEOUT);
    end();
  }

  test('is interrupted when its heartbeat stops', async () => {
    await starve(HEARTBEAT, [HEARTBEAT]);
    expect(await verdict('interrupt')).toMatchObject({ sent: true, evidence: { status: { instance: { status: 'ok' } }, alarm: { state: 'ALARM' } } });
    expect(deployed.machine.nmis).toBe(1);
  });

  test('refuses it where the policy does not trust the heartbeat', async () => {
    await starve(HEARTBEAT, []);
    expect(await verdict('Responsive')).toMatchObject({ decision: 'refuse' });
    expect(deployed.machine.nmis).toBe(0);
  });
});
