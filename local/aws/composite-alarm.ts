import { AlarmState } from './alarm-evaluation';
import { AlarmRule } from './alarm-rule';
import { cloudWatchTime, COMMON_PROPERTIES, CommonAlarmProperties, refuseUnplayed, ReportedTime, StateChange, StatefulAlarm } from './alarm-state';

/** The properties of AWS::CloudWatch::CompositeAlarm that the stand plays; ActionsSuppressor is not among them. */
export interface CompositeAlarmProperties extends CommonAlarmProperties {
  readonly AlarmRule: string;
}

/** An alarm on the states of other alarms. */
export class CompositeAlarm extends StatefulAlarm {
  private readonly rule: AlarmRule;

  /** Fails when the rule cannot be read or names an alarm that does not exist. */
  constructor(
    readonly properties: CompositeAlarmProperties,
    private readonly find: (nameOrArn: string) => StatefulAlarm | undefined,
    reported: ReportedTime,
  ) {
    super(properties, reported);
    refuseUnplayed(properties.AlarmName, properties, [...COMMON_PROPERTIES, 'AlarmRule']);
    this.rule = new AlarmRule(properties.AlarmRule);
    const missing = this.rule.alarms.find(alarm => !find(alarm));
    if (missing) throw new Error(`Could not save the composite alarm ${properties.AlarmName} as alarms [${missing}] in the alarm rule do not exist.`);
  }

  /** The change that the states of the other alarms make, if they make one; `by` is the alarm that has just changed. */
  evaluate(by?: StatefulAlarm): StateChange | undefined {
    const stateOf = (alarm: string): AlarmState => this.find(alarm)!.state.value;
    const value = this.rule.holds(stateOf) ? 'ALARM' : 'OK';
    if (value === this.state.value) return undefined;
    const timestamp = new Date();
    const triggeringAlarms = this.rule.deciding(stateOf).map(alarm => this.find(alarm)!)
      .map(({ arn, state }) => ({ arn, state: { value: state.value, timestamp: cloudWatchTime(this.reported(state.timestamp)) } }));
    return {
      value,
      timestamp,
      reason: by ? `${by.arn} transitioned to ${by.state.value} at ${inWords(timestamp)}`
        : `${this.arn} was created and its alarm rule evaluates to ${value}`,
      reasonData: JSON.stringify({ triggeringAlarms }),
    };
  }

  configuration(): object {
    return { alarmRule: this.properties.AlarmRule };
  }

  describe(): object {
    return { ...super.describe(), AlarmRule: this.properties.AlarmRule };
  }
}

/** As CloudWatch words it: `Friday 22 July, 2022 15:57:45 UTC`. */
function inWords(date: Date): string {
  const part = (options: Intl.DateTimeFormatOptions) => date.toLocaleDateString('en-US', { ...options, timeZone: 'UTC' });
  return `${part({ weekday: 'long' })} ${part({ day: '2-digit' })} ${part({ month: 'long' })}, ${part({ year: 'numeric' })} ${date.toISOString().slice(11, 19)} UTC`;
}
