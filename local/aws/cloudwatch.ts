import { ACCOUNT, alarmArn, arn } from './account';
import { AgentMetric } from './agent';
import { Alarm, AlarmProperties } from './alarm';
import { StateChange, StatefulAlarm } from './alarm-state';
import { Clock } from './clock';
import { cloudWatchOperations } from './cloudwatch-operations';
import { CompositeAlarm, CompositeAlarmProperties } from './composite-alarm';
import { EventBridge } from './event-bridge';
import { Instance } from './instance';
import { Lambda } from './lambda';
import { Dimension, MetricName, Metrics } from './metrics';
import { MuteRule, MuteRules } from './mute-rules';
import { Operations } from './operation';

const ALARM_PRINCIPAL = 'lambda.alarms.cloudwatch.amazonaws.com';

/** CloudWatch: metrics, one value a minute or more, the alarms on them, and what becomes of an alarm's state change. */
export class CloudWatch {
  readonly alarms = new Map<string, Alarm>();
  readonly compositeAlarms = new Map<string, CompositeAlarm>();
  readonly metrics = new Metrics();
  readonly operations: Operations;
  private readonly mutes: MuteRules;
  /** The last minute that is over. */
  private minute = 0;
  private minuteEnded = Date.now();

  constructor(
    private readonly clock: Clock,
    private readonly lambda: Lambda,
    private readonly events: EventBridge,
    private readonly instances: () => Iterable<Instance>,
    private readonly log: (line: string) => void,
  ) {
    this.mutes = new MuteRules(clock, alarm => this.runActions(alarm));
    this.operations = cloudWatchOperations(this);
    this.clock.every(1, () => this.passMinute());
  }

  createAlarm(properties: AlarmProperties): Alarm {
    this.checkNew(properties);
    const alarm = new Alarm(properties, this.reported);
    this.alarms.set(alarm.name, alarm);
    return alarm;
  }

  /** A composite alarm; the alarms that its rule names must be there. It is evaluated at once, and with every change of theirs. */
  createCompositeAlarm(properties: CompositeAlarmProperties): CompositeAlarm {
    this.checkNew(properties);
    const alarm = new CompositeAlarm(properties, nameOrArn => this.find(nameOrArn), this.reported);
    this.compositeAlarms.set(alarm.name, alarm);
    const change = alarm.evaluate();
    if (change) this.change(alarm, change);
    return alarm;
  }

  /** The alarm of a name or an ARN, of whatever kind. */
  find(nameOrArn: string): StatefulAlarm | undefined {
    const name = nameOrArn.startsWith(alarmArn('')) ? nameOrArn.slice(alarmArn('').length) : nameOrArn;
    return this.alarms.get(name) ?? this.compositeAlarms.get(name);
  }

  /**
   * Mutes an alarm's actions, as a mute rule does; its events still come, with `muteDetail`. When the window ends, the actions that
   * it held back are run if the alarm still is in that state.
   *
   * @param until when the window ends, by the local clock; without it, after 15 of AWS's days
   * @returns the rule's ARN, and `end()` to end the window now
   */
  mute(alarmName: string, until?: Date): { readonly arn: string; end(): void } {
    const alarm = this.find(alarmName);
    if (!alarm) throw new Error(`There is no alarm '${alarmName}' to mute; there are ${[...this.alarms.keys(), ...this.compositeAlarms.keys()].join(', ') || 'none'}.`);
    return this.mutes.mute(alarm, until);
  }

  get muteRules(): MuteRule[] {
    return this.mutes.rules;
  }

  /** Puts values into the minute that is passing. */
  put(name: MetricName, ...values: number[]): void {
    this.metrics.put(name, this.minute + 1, values);
  }

  /** When a metric was last put, by the local clock. */
  lastPut(namespace: string, metricName: string, dimensions: Dimension[] = []): Date | undefined {
    return this.metrics.get({ Namespace: namespace, MetricName: metricName, Dimensions: dimensions })?.lastPut;
  }

  /** Takes a value from the agent on an instance; answers when the next one is due: in the middle of the next minute, to miss none. */
  putFromAgent(instanceId: string, { Value, ...name }: AgentMetric): number {
    this.put({ ...name, Dimensions: [{ Name: 'InstanceId', Value: instanceId }] }, Value);
    return Math.max(0, this.minuteEnded + this.clock.minutes(1.5) - Date.now()) / 1000;
  }

  /** Makes a state change: history, actions, events, and the composite alarms that look at this one. */
  change(alarm: StatefulAlarm, change: StateChange): void {
    this.log(`cloudwatch: alarm ${alarm.name}: ${alarm.state.value} -> ${change.value}: ${change.reason}`);
    alarm.history.push(change);
    if (this.mutes.active(alarm)) this.mutes.hold(alarm);
    else this.runActions(alarm);
    this.events.put('aws.cloudwatch', 'CloudWatch Alarm State Change', [alarm.arn], {
      ...alarm.detail(), muteDetail: this.mutes.active(alarm)?.detail(this.reported),
    });
    for (const composite of this.compositeAlarms.values()) {
      const effect = composite === alarm ? undefined : composite.evaluate(alarm);
      if (effect) this.change(composite, effect);
    }
  }

  /** A time as this account reports it. */
  readonly reported = (moment: Date): Date => this.clock.reported(moment);

  /** EC2 publishes the minute's status checks; then every alarm is evaluated on the periods that end with this minute. */
  private passMinute(): void {
    for (const { id, status } of this.instances()) {
      if (status !== 'ok' && status !== 'impaired') continue; // EC2 has no data on instances that do not run or have just started
      const failed = status === 'impaired' ? 1 : 0;
      const Dimensions = [{ Name: 'InstanceId', Value: id }];
      for (const [name, value] of Object.entries({ StatusCheckFailed_Instance: failed, StatusCheckFailed_System: 0, StatusCheckFailed: failed })) {
        this.put({ Namespace: 'AWS/EC2', MetricName: name, Dimensions }, value);
      }
    }
    this.minute += 1;
    this.minuteEnded = Date.now();
    for (const alarm of this.alarms.values()) {
      const change = alarm.evaluate(this.metrics, this.minute);
      if (change) this.change(alarm, change);
    }
  }

  private runActions(alarm: StatefulAlarm): void {
    for (const action of alarm.actions()) {
      const refusal = this.lambda.invokeFrom({ service: ALARM_PRINCIPAL, arn: alarm.arn, account: ACCOUNT }, action, alarm.event());
      if (refusal) this.log(`cloudwatch: alarm ${alarm.name}: failed to execute action ${action}: ${refusal}`);
    }
  }

  private checkNew({ AlarmName, OKActions = [], AlarmActions = [], InsufficientDataActions = [] }: AlarmProperties | CompositeAlarmProperties): void {
    if (this.find(AlarmName)) throw new Error(`There is an alarm named ${AlarmName} already.`);
    for (const action of [...OKActions, ...AlarmActions, ...InsufficientDataActions]) {
      if (!action.startsWith(arn('lambda', 'function:'))) {
        throw new Error(`Alarm ${AlarmName} has the action ${action}; the local stand carries out Lambda functions only.`);
      }
    }
  }
}
