import { randomUUID } from 'node:crypto';
import { ACCOUNT, alarmArn, REGION } from './account';
import { AlarmState, Datapoint, evaluate, EXTRA_PERIODS, MissingData } from './alarm-evaluation';

/** The properties of AWS::CloudWatch::Alarm that the stand plays; the API has the same names. */
export interface AlarmProperties {
  readonly AlarmName: string;
  readonly AlarmDescription?: string;
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: { Name: string; Value: string }[];
  readonly Period: number;
  readonly Statistic: 'Maximum' | 'Minimum' | 'Average' | 'Sum' | 'SampleCount';
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm?: number;
  readonly Threshold: number;
  readonly ComparisonOperator: string;
  readonly TreatMissingData?: MissingData;
  readonly ActionsEnabled?: boolean;
  readonly OKActions?: string[];
  readonly AlarmActions?: string[];
  readonly InsufficientDataActions?: string[];
}

export interface StateChange {
  readonly value: AlarmState;
  readonly reason: string;
  readonly reasonData?: string;
  readonly timestamp: Date;
}

const STATISTICS = ['Maximum', 'Minimum', 'Average', 'Sum', 'SampleCount'];
const COMPARISONS: Record<string, { breaches: (value: number, threshold: number) => boolean; words: string }> = {
  GreaterThanOrEqualToThreshold: { breaches: (value, threshold) => value >= threshold, words: 'greater than or equal to' },
  GreaterThanThreshold: { breaches: (value, threshold) => value > threshold, words: 'greater than' },
  LessThanThreshold: { breaches: (value, threshold) => value < threshold, words: 'less than' },
  LessThanOrEqualToThreshold: { breaches: (value, threshold) => value <= threshold, words: 'less than or equal to' },
};

/** A metric alarm: its configuration, its state, and where it has been. */
export class Alarm {
  readonly arn: string;
  readonly history: StateChange[] = [{ value: 'INSUFFICIENT_DATA', reason: 'Unchecked: Initial alarm creation', timestamp: new Date() }];
  private readonly metricId = randomUUID();

  constructor(readonly properties: AlarmProperties) {
    this.arn = alarmArn(properties.AlarmName);
    if (!COMPARISONS[properties.ComparisonOperator]) {
      throw new Error(`Alarm ${properties.AlarmName}: the local stand does not play ComparisonOperator ${properties.ComparisonOperator}; `
        + `it plays ${Object.keys(COMPARISONS).join(', ')}.`);
    }
    if (!STATISTICS.includes(properties.Statistic)) {
      throw new Error(`Alarm ${properties.AlarmName}: the local stand does not play the statistic ${properties.Statistic}; it plays ${STATISTICS.join(', ')}.`);
    }
    if (properties.Period % 60 !== 0) {
      throw new Error(`Alarm ${properties.AlarmName}: Period must be a multiple of 60 seconds in the local stand, got ${properties.Period}.`);
    }
  }

  get name(): string {
    return this.properties.AlarmName;
  }

  get state(): StateChange {
    return this.history[this.history.length - 1];
  }

  /** How many periods an evaluation looks at. */
  get range(): number {
    return this.properties.EvaluationPeriods + EXTRA_PERIODS;
  }

  /** The change that the most recent periods (oldest first) make, if they make one. */
  evaluate(range: Datapoint[]): StateChange | undefined {
    const { EvaluationPeriods: periods, DatapointsToAlarm: needed = periods, Threshold, ComparisonOperator, TreatMissingData } = this.properties;
    const comparison = COMPARISONS[ComparisonOperator];
    const value = evaluate(range, {
      evaluationPeriods: periods,
      datapointsToAlarm: needed,
      treatMissingData: TreatMissingData ?? 'missing',
      breaches: datapoint => comparison.breaches(datapoint, Threshold),
    });
    if (value === undefined || value === this.state.value) return undefined;

    const timestamp = new Date();
    const known = range.filter(datapoint => datapoint !== undefined).slice(-periods);
    const breaching = known.filter(datapoint => comparison.breaches(datapoint, Threshold));
    const shown = value === 'ALARM' ? breaching : known.filter(datapoint => !breaching.includes(datapoint));
    const plural = (count: number) => `${count} datapoint${count === 1 ? '' : 's'}`;
    return {
      value,
      timestamp,
      reason: value === 'INSUFFICIENT_DATA'
        ? `Insufficient Data: ${plural(periods)} ${periods === 1 ? 'was' : 'were'} unknown.`
        : `Threshold Crossed: ${shown.length} out of the last ${plural(periods)} [${shown.map(number => number.toFixed(1)).join(', ')}] `
          + `${shown.length === 1 ? 'was' : 'were'} ${value === 'ALARM' ? '' : 'not '}${comparison.words} the threshold (${Threshold.toFixed(1)}) `
          + `(minimum ${plural(value === 'ALARM' ? needed : periods - needed + 1)} for ${this.state.value} -> ${value} transition).`,
      reasonData: JSON.stringify({
        version: '1.0',
        queryDate: cloudWatchTime(timestamp),
        statistic: this.properties.Statistic,
        period: this.properties.Period,
        recentDatapoints: known,
        threshold: Threshold,
      }),
    };
  }

  /** The actions to run in the state that the alarm is in. */
  actions(): string[] {
    if (this.properties.ActionsEnabled === false) return [];
    const { OKActions = [], AlarmActions = [], InsufficientDataActions = [] } = this.properties;
    return { OK: OKActions, ALARM: AlarmActions, INSUFFICIENT_DATA: InsufficientDataActions }[this.state.value];
  }

  /** The event that a Lambda function gets ("Invoke a Lambda function from an alarm", CloudWatch's guide). */
  event(): object {
    const { AlarmDescription, Namespace, MetricName, Dimensions, Period, Statistic } = this.properties;
    const previous = this.history[this.history.length - 2];
    const stateOf = ({ value, reason, reasonData, timestamp }: StateChange) => ({ value, reason, reasonData, timestamp: cloudWatchTime(timestamp) });
    return {
      source: 'aws.cloudwatch',
      alarmArn: this.arn,
      accountId: ACCOUNT,
      time: cloudWatchTime(this.state.timestamp),
      region: REGION,
      alarmData: {
        alarmName: this.name,
        state: stateOf(this.state),
        previousState: stateOf(previous),
        configuration: {
          description: AlarmDescription,
          metrics: [{
            id: this.metricId,
            metricStat: {
              metric: {
                namespace: Namespace,
                name: MetricName,
                dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])),
              },
              period: Period,
              stat: Statistic,
            },
            returnData: true,
          }],
        },
      },
    };
  }

  /** The alarm as DescribeAlarms shows it. */
  describe(): object {
    return {
      AlarmArn: this.arn,
      ActionsEnabled: true,
      OKActions: [],
      AlarmActions: [],
      InsufficientDataActions: [],
      ...this.properties,
      AlarmConfigurationUpdatedTimestamp: this.history[0].timestamp,
      StateValue: this.state.value,
      StateReason: this.state.reason,
      StateReasonData: this.state.reasonData,
      StateUpdatedTimestamp: this.state.timestamp,
      StateTransitionedTimestamp: this.state.timestamp,
    };
  }
}

/** CloudWatch writes `+0000` where ISO 8601 has `Z`. */
function cloudWatchTime(date: Date): string {
  return date.toISOString().replace('Z', '+0000');
}
