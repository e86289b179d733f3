import { AlarmState, Datapoint, evaluate, EXTRA_PERIODS, MissingData } from './alarm-evaluation';
import { AlarmQuery, MetricDataQuery, singleMetric } from './alarm-query';
import { cloudWatchTime, COMMON_PROPERTIES, CommonAlarmProperties, refuseUnplayed, ReportedTime, StateChange, StatefulAlarm } from './alarm-state';
import { Dimension, Metrics, Statistic } from './metrics';

/** The properties of AWS::CloudWatch::Alarm that the stand plays; the API has the same names. */
export interface AlarmProperties extends CommonAlarmProperties {
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: Dimension[];
  readonly Period?: number;
  readonly Statistic?: Statistic;
  /** Instead of one metric. */
  readonly Metrics?: MetricDataQuery[];
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm?: number;
  readonly Threshold: number;
  readonly ComparisonOperator: string;
  readonly TreatMissingData?: MissingData;
}

const PROPERTIES = [...COMMON_PROPERTIES, 'Namespace', 'MetricName', 'Dimensions', 'Period', 'Statistic', 'Metrics', 'EvaluationPeriods',
  'DatapointsToAlarm', 'Threshold', 'ComparisonOperator', 'TreatMissingData'];
const COMPARISONS: Record<string, { breaches: (value: number, threshold: number) => boolean; words: string }> = {
  GreaterThanOrEqualToThreshold: { breaches: (value, threshold) => value >= threshold, words: 'greater than or equal to' },
  GreaterThanThreshold: { breaches: (value, threshold) => value > threshold, words: 'greater than' },
  LessThanThreshold: { breaches: (value, threshold) => value < threshold, words: 'less than' },
  LessThanOrEqualToThreshold: { breaches: (value, threshold) => value <= threshold, words: 'less than or equal to' },
};

/** A metric alarm: its configuration, its state, and where it has been. */
export class Alarm extends StatefulAlarm {
  private readonly query: AlarmQuery;

  constructor(readonly properties: AlarmProperties, reported: ReportedTime = moment => moment) {
    super(properties, reported);
    const { AlarmName, Namespace, MetricName, Dimensions, Period, Statistic: statistic, Metrics: queries } = properties;
    refuseUnplayed(AlarmName, properties, PROPERTIES);
    if (!COMPARISONS[properties.ComparisonOperator]) {
      throw new Error(`Alarm ${AlarmName}: the local stand does not play ComparisonOperator ${properties.ComparisonOperator}; `
        + `it plays ${Object.keys(COMPARISONS).join(', ')}.`);
    }
    if (!queries === !MetricName) throw new Error(`Alarm ${AlarmName} must have either MetricName or Metrics.`);
    if (!queries && (!Namespace || !Period || !statistic)) {
      throw new Error(`Alarm ${AlarmName} is on a metric and must have Namespace, Period and Statistic.`);
    }
    this.query = new AlarmQuery(AlarmName, queries
      ?? [singleMetric({ Namespace: Namespace!, MetricName: MetricName!, Dimensions }, Period!, statistic!)]);
  }

  /** Looks at the periods that end with a minute, and answers what that changes; the change is for the caller to make. */
  evaluate(metrics: Metrics, minute: number): StateChange | undefined {
    const window = { minute, periods: this.properties.EvaluationPeriods + EXTRA_PERIODS, length: this.query.period / 60 };
    return this.changeOf(this.query.run(metrics, window));
  }

  configuration(): object {
    return { metrics: this.query.configuration() };
  }

  describe(): object {
    const { Tags: _tags, ...properties } = this.properties;
    return { ...super.describe(), ...properties, Dimensions: properties.Dimensions ?? [] };
  }

  private valueOf(range: Datapoint[]): AlarmState | undefined {
    const { EvaluationPeriods: periods, DatapointsToAlarm: needed = periods, TreatMissingData } = this.properties;
    return evaluate(range, {
      evaluationPeriods: periods,
      datapointsToAlarm: needed,
      treatMissingData: TreatMissingData ?? 'missing',
      breaches: datapoint => this.breaches(datapoint),
    });
  }

  private changeOf(range: Datapoint[]): StateChange | undefined {
    const { EvaluationPeriods: periods, DatapointsToAlarm: needed = periods, Threshold } = this.properties;
    const value = this.valueOf(range);
    if (value === undefined || value === this.state.value) return undefined;

    const timestamp = new Date();
    const known = range.filter(datapoint => datapoint !== undefined).slice(-periods);
    const breaching = known.filter(datapoint => this.breaches(datapoint));
    const shown = value === 'ALARM' ? breaching : known.filter(datapoint => !breaching.includes(datapoint));
    const plural = (count: number) => `${count} datapoint${count === 1 ? '' : 's'}`;
    return {
      value,
      timestamp,
      reason: value === 'INSUFFICIENT_DATA'
        ? `Insufficient Data: ${plural(periods)} ${periods === 1 ? 'was' : 'were'} unknown.`
        : shown.length === 0 // the missing ones alone decided
          ? `Threshold Crossed: no datapoints were received for ${periods} ${periods === 1 ? 'period' : 'periods'} and ${periods} missing `
            + `${plural(periods).slice(2)} ${periods === 1 ? 'was' : 'were'} treated as [${value === 'ALARM' ? 'Breaching' : 'NonBreaching'}].`
          : `Threshold Crossed: ${shown.length} out of the last ${plural(periods)} [${shown.map(number => number.toFixed(1)).join(', ')}] `
            + `${shown.length === 1 ? 'was' : 'were'} ${value === 'ALARM' ? '' : 'not '}${this.words} the threshold (${Threshold.toFixed(1)}) `
            + `(minimum ${plural(value === 'ALARM' ? needed : periods - needed + 1)} for ${this.state.value} -> ${value} transition).`,
      reasonData: JSON.stringify({
        version: '1.0',
        queryDate: cloudWatchTime(timestamp),
        statistic: this.query.statistic,
        period: this.query.period,
        recentDatapoints: known,
        threshold: Threshold,
      }),
    };
  }

  private breaches(datapoint: number): boolean {
    return COMPARISONS[this.properties.ComparisonOperator].breaches(datapoint, this.properties.Threshold);
  }

  private get words(): string {
    return COMPARISONS[this.properties.ComparisonOperator].words;
  }
}
