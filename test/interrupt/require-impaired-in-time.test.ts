import { App, Duration, Lazy, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Alarm, AlarmRule, CompositeAlarm, CreateAlarmOptions, IAlarm, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnInstance } from 'aws-cdk-lib/aws-ec2';
import {
  CrashDiagnostics, CrashDumpResponse, DiagnosticInterrupt, DiagnosticInterruptAction, DiagnosticInterruptProps, FleetWatch, KdumpAssociation,
  KdumpTargets, UnresponsiveAlarm, UnresponsiveSignal,
} from '../../src';

process.env.CDK_VALIDATION = 'false';
const { minutes } = Duration;

function setUp(props: Partial<DiagnosticInterruptProps>) {
  const stack = new Stack(new App(), 'Test');
  const instance = new CfnInstance(stack, 'Web', { instanceType: 't3.micro' });
  const kdump = new KdumpAssociation(stack, 'Kdump', { targets: KdumpTargets.instance(instance) });
  return { stack, instance, interrupt: new DiagnosticInterrupt(stack, 'Interrupt', { kdump, ...props }) };
}

function errorsOf(stack: Stack): string[] {
  return Annotations.fromStack(stack).findError('*', Match.anyValue()).map(({ entry }) => String(entry.data));
}

type SetUp = ReturnType<typeof setUp>;
type Telling = (given: SetUp) => void;

/** Both ways on which a watch is given. */
const watches = (unresponsiveFor?: Duration): Telling[] => [
  ({ stack, interrupt }) => interrupt.addFleetWatch(new FleetWatch(stack, 'Teller', { unresponsiveFor })),
  ({ stack, interrupt }) => new CrashDumpResponse(stack, 'Response', { interrupt }).addFleetWatch(new FleetWatch(stack, 'Teller', { unresponsiveFor })),
];

/** Both ways on which an alarm is given. */
const alarms = (alarmOf: (given: SetUp) => IAlarm & { addAlarmAction: Alarm['addAlarmAction'] }): Telling[] => [
  given => alarmOf(given).addAlarmAction(DiagnosticInterruptAction.of(given.interrupt)),
  given => new CrashDumpResponse(given.stack, 'Response', { interrupt: given.interrupt }).addAlarm(alarmOf(given)),
];

const unresponsiveAlarm = (unresponsiveFor?: Duration, signal?: UnresponsiveSignal) => alarms(({ stack, instance }) => (
  new UnresponsiveAlarm(stack, 'Teller', { instance, unresponsiveFor, signal })
));

const check = (instance: CfnInstance, period: Duration, metricName = 'StatusCheckFailed_Instance') => new Metric({
  namespace: 'AWS/EC2', metricName, dimensionsMap: { InstanceId: instance.ref }, statistic: 'Maximum', period,
});
const cdkAlarm = (period: Duration, options: Partial<CreateAlarmOptions>, metricName?: string) => alarms(({ stack, instance }) => (
  check(instance, period, metricName).createAlarm(stack, 'Teller', { threshold: 1, evaluationPeriods: 1, ...options })
));

// The longest minimumImpairedTime with which a hang is interrupted: how long the instance has failed at least when it is told of, and
// the three minutes within which it is tried again.
const BOUNDS: [string, number, Telling[]][] = [
  ['a fleet watch by default', 3 + 3, watches()],
  ['a fleet watch of ten minutes', 10 + 3, watches(minutes(10))],
  ['an alarm by default', 2 + 3, unresponsiveAlarm()],
  ['an alarm of ten minutes', 9 + 3, unresponsiveAlarm(minutes(10))],
  ['an alarm of the CDK, of two times five minutes', 5 + 3, cdkAlarm(minutes(5), { evaluationPeriods: 2 })],
  ['an alarm of the CDK on both checks', 3 + 3, cdkAlarm(minutes(1), { evaluationPeriods: 4 }, 'StatusCheckFailed')],
  ['an alarm of the CDK that is content with some periods', 1 + 3, cdkAlarm(minutes(1), { evaluationPeriods: 10, datapointsToAlarm: 2 })],
];

describe.each(BOUNDS)('%s', (_what, longest, ways) => {
  test.each(ways.map((way, index) => [['for an interrupt', 'for a workflow'][index], way] as const))(`%s takes ${longest} minutes, and refuses a second more`, (_way, way) => {
    const enough = setUp({ minimumImpairedTime: minutes(longest) });
    way(enough);
    expect(errorsOf(enough.stack)).toEqual([]);

    const { stack, ...others } = setUp({ minimumImpairedTime: Duration.seconds(longest * 60 + 1) });
    way({ stack, ...others });
    expect(errorsOf(stack)).toEqual([
      `minimumImpairedTime: ${longest * 60 + 1} seconds were given; ${longest * 60} are allowed with Test/Teller. It tells of an instance once, when that may have failed`
      + ` its check for ${(longest - 3) * 60} seconds only, and what is refused then (ImpairedTooShort) is tried again for 180 seconds and no longer: hangs would not`
      + ' be interrupted. Shorten minimumImpairedTime, or have Test/Teller wait for longer.',
    ]);
  });
});

test('refuses at a try for which the event is too old', () => {
  for (const [maximumEventAge, longest] of [[1, 3], [2, 4], [3, 4], [4, 6]]) {
    for (const [more, errors] of [[0, 0], [1, 1]]) {
      const given = setUp({ minimumImpairedTime: Duration.seconds(longest * 60 + more), maximumEventAge: minutes(maximumEventAge) });
      watches()[0](given);
      expect([maximumEventAge, more, errorsOf(given.stack).length]).toEqual([maximumEventAge, more, errors]);
    }
  }
});

test('tries again as long as it says', () => {
  const { stack, interrupt } = setUp({});
  new CrashDumpResponse(stack, 'Response', { interrupt });
  const template = Template.fromStack(stack);
  // After one minute and after two more (Lambda Developer Guide, asynchronous error handling).
  template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 300 });
  expect(JSON.stringify(template.findResources('AWS::StepFunctions::StateMachine')).replace(/\\/g, ''))
    .toContain('{"ErrorEquals":["ImpairedTooShort","EvidenceMissing"],"IntervalSeconds":60,"MaxAttempts":2,"BackoffRate":2}');
});

// An hour is allowed where nothing is known of it; the docstring says what to take care of.
test.each<[string, Telling[]]>([
  ['on a heartbeat, for which it counts only if the status check fails too', unresponsiveAlarm(minutes(3), UnresponsiveSignal.cloudWatchAgentHeartbeat())],
  ['that computes', alarms(({ stack, instance }) => new MathExpression({ expression: 'FILL(m, 1)', usingMetrics: { m: check(instance, minutes(1)) } })
    .createAlarm(stack, 'Teller', { threshold: 1, evaluationPeriods: 1 }))],
  ['of others', alarms(({ stack, instance }) => new CompositeAlarm(stack, 'Teller', {
    alarmRule: AlarmRule.allOf(AlarmRule.fromAlarm(new UnresponsiveAlarm(stack, 'One', { instance }), 'ALARM' as any)),
  }))],
  ['whose periods are a token', cdkAlarm(minutes(1), { evaluationPeriods: Lazy.number({ produce: () => 1 }) })],
])('an alarm %s is taken', (_what, ways) => {
  for (const way of ways) {
    const given = setUp({ minimumImpairedTime: Duration.hours(1) });
    way(given);
    expect(errorsOf(given.stack)).toEqual([]);
  }
});

test('an imported alarm is taken', () => {
  const { stack, interrupt } = setUp({ minimumImpairedTime: Duration.hours(1) });
  new CrashDumpResponse(stack, 'Response', { interrupt })
    .addAlarm(Alarm.fromAlarmArn(stack, 'Teller', 'arn:aws:cloudwatch:eu-west-1:123456789012:alarm:web'));
  expect(errorsOf(stack)).toEqual([]);
});

test.each([1, 2])('what CrashDiagnostics has for %d instances fits', count => {
  const stack = new Stack(new App(), 'Test');
  const instances = Array.from({ length: count }, (_, at) => new CfnInstance(stack, `Web${at}`, { instanceType: 't3.micro' }));
  new CrashDiagnostics(stack, 'CrashDiagnostics', { targets: KdumpTargets.instances(...instances) });
  expect(errorsOf(stack)).toEqual([]);
});
