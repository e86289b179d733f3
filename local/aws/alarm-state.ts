import { ACCOUNT, alarmArn, REGION } from './account';
import { AlarmState } from './alarm-evaluation';

export interface StateChange {
  readonly value: AlarmState;
  readonly reason: string;
  readonly reasonData?: string;
  readonly timestamp: Date;
}

/** What a metric alarm and a composite alarm have in common, by the names of the API. */
export interface CommonAlarmProperties {
  readonly AlarmName: string;
  readonly AlarmDescription?: string;
  readonly ActionsEnabled?: boolean;
  readonly OKActions?: string[];
  readonly AlarmActions?: string[];
  readonly InsufficientDataActions?: string[];
  /** Taken, and of no consequence. */
  readonly Tags?: unknown;
}

export const COMMON_PROPERTIES = ['AlarmName', 'AlarmDescription', 'ActionsEnabled', 'OKActions', 'AlarmActions', 'InsufficientDataActions', 'Tags'];

/** A time as AWS reports it, see `Clock.reported`. */
export type ReportedTime = (moment: Date) => Date;

/** An alarm of any kind: its state, where it has been, and what the world is told of it. */
export abstract class StatefulAlarm {
  readonly arn: string;
  readonly history: StateChange[] = [{ value: 'INSUFFICIENT_DATA', reason: 'Unchecked: Initial alarm creation', timestamp: new Date() }];

  constructor(private readonly common: CommonAlarmProperties, protected readonly reported: ReportedTime) {
    this.arn = alarmArn(common.AlarmName);
  }

  get name(): string {
    return this.common.AlarmName;
  }

  get state(): StateChange {
    return this.history[this.history.length - 1];
  }

  /** The actions to run in the state that the alarm is in. */
  actions(): string[] {
    const { ActionsEnabled, OKActions = [], AlarmActions = [], InsufficientDataActions = [] } = this.common;
    if (ActionsEnabled === false) return [];
    return { OK: OKActions, ALARM: AlarmActions, INSUFFICIENT_DATA: InsufficientDataActions }[this.state.value];
  }

  /** The event that a Lambda function gets ("Invoke a Lambda function from an alarm", CloudWatch's guide). */
  event(): object {
    const { alarmName, state, previousState, configuration } = this.detail();
    return {
      source: 'aws.cloudwatch',
      alarmArn: this.arn,
      accountId: ACCOUNT,
      time: cloudWatchTime(this.reported(this.state.timestamp)),
      region: REGION,
      alarmData: { alarmName, state, previousState, configuration },
    };
  }

  /** The detail of the event that EventBridge gets ("Alarm events and EventBridge"). */
  detail(): Record<string, any> {
    return {
      alarmName: this.name,
      state: this.stateOf(this.state),
      previousState: this.stateOf(this.history[this.history.length - 2]),
      configuration: this.described(),
    };
  }

  /** The alarm as DescribeAlarms shows it. */
  describe(): object {
    const { Tags: _tags, ...common } = this.common;
    return {
      AlarmArn: this.arn,
      ActionsEnabled: true,
      OKActions: [],
      AlarmActions: [],
      InsufficientDataActions: [],
      ...common,
      AlarmConfigurationUpdatedTimestamp: this.reported(this.history[0].timestamp),
      StateValue: this.state.value,
      StateReason: this.state.reason,
      StateReasonData: this.state.reasonData,
      StateUpdatedTimestamp: this.reported(this.state.timestamp),
      StateTransitionedTimestamp: this.reported(this.state.timestamp),
    };
  }

  /** What the alarm is on, as events show it. */
  abstract configuration(): object;

  /** The configuration as events have it. */
  protected described(): object {
    return { description: this.common.AlarmDescription, ...this.configuration() };
  }

  private stateOf({ value, reason, reasonData, timestamp }: StateChange): object {
    return { value, reason, reasonData, timestamp: cloudWatchTime(this.reported(timestamp)) };
  }
}

/** CloudWatch writes `+0000` where ISO 8601 has `Z`. */
export function cloudWatchTime(date: Date): string {
  return date.toISOString().replace('Z', '+0000');
}

/** Fails on a property that is not played, so that none is ignored in silence. */
export function refuseUnplayed(name: string, properties: object, played: readonly string[]): void {
  const others = Object.entries(properties).filter(([key, value]) => value !== undefined && !played.includes(key)).map(([key]) => key);
  if (others.length) throw new Error(`Alarm ${name} has ${others.join(', ')}, which the local stand does not play; it plays ${played.join(', ')}.`);
}
