import { AlarmState, Datapoint, evaluate, EXTRA_PERIODS, MissingData } from './alarm-evaluation';
import { AlarmQuery, MetricDataQuery, singleMetric } from './alarm-query';
import { cloudWatchTime, COMMON_PROPERTIES, CommonAlarmProperties, refuseUnplayed, ReportedTime, StateChange, StatefulAlarm } from './alarm-state';
import { Contributor, contributorId, summary } from './contributor';
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

/** What an evaluation changed: contributors of an alarm on a query with GROUP BY, and the alarm itself. */
export interface Changes {
  readonly contributors: Contributor[];
  readonly alarm?: StateChange;
}

/** A metric alarm: its configuration, its state, and where it has been. */
export class Alarm extends StatefulAlarm {
  /** By id; an alarm that watches one time series has none. */
  readonly contributors = new Map<string, Contributor>();
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
    if (this.grouped && [properties.OKActions, properties.AlarmActions, properties.InsufficientDataActions].some(actions => actions?.length)) {
      throw new Error(`Alarm ${AlarmName} has actions and a query with GROUP BY. What an action is given for a contributor is not documented; `
        + 'use a rule of EventBridge.');
    }
  }

  /** Whether it is on a query with GROUP BY, so that each time series has a state of its own. */
  get grouped(): boolean {
    return Boolean(this.query.insights?.groupBy.length);
  }

  /**
   * Looks at the periods that end with a minute, and notes what that changes of the contributors; the alarm's own change is for the
   * caller to make.
   */
  evaluate(metrics: Metrics, minute: number): Changes {
    const window = { minute, periods: this.properties.EvaluationPeriods + EXTRA_PERIODS, length: this.query.period / 60 };
    const series = this.query.run(metrics, window);
    if (!this.grouped) return { contributors: [], alarm: this.changeOf(series[0].range) };

    const seen = new Map(series.map(({ attributes, range }) => [contributorId(attributes), { attributes, range }]));
    const absent = Array.from({ length: window.periods }, () => undefined);
    const changed: Contributor[] = [];
    for (const id of new Set([...this.contributors.keys(), ...seen.keys()])) {
      const known = this.contributors.get(id);
      const attributes = known?.attributes ?? seen.get(id)!.attributes;
      const range = seen.get(id)?.range ?? absent;
      const value = this.valueOf(range);
      if (value === undefined || value === known?.state.value) continue;
      const state = { value, reason: this.contributorReason(value, range), timestamp: new Date() };
      this.contributors.set(id, { id, attributes, state });
      changed.push(this.contributors.get(id)!);
    }
    const alarm = summary([...this.contributors.values()]);
    return { contributors: changed, alarm: alarm && alarm.value !== this.state.value ? alarm : undefined };
  }

  configuration(): object {
    return { metrics: this.query.configuration() };
  }

  /** The detail of the event for a change of a contributor: it has no previous state. */
  contributorDetail({ id, attributes, state: { value, reason, timestamp } }: Contributor): Record<string, any> {
    return {
      alarmName: this.name,
      alarmContributor: { id, attributes },
      state: { value, reason, timestamp: cloudWatchTime(this.reported(timestamp)) },
      configuration: this.described(),
    };
  }

  /** What DescribeAlarmContributors shows: "the contributors that are in ALARM". */
  describeContributors(): object[] {
    return [...this.contributors.values()].filter(({ state }) => state.value === 'ALARM').map(({ id, attributes, state }) => ({
      ContributorId: id,
      ContributorAttributes: attributes,
      StateReason: state.reason,
      StateTransitionedTimestamp: this.reported(state.timestamp),
    }));
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

  private contributorReason(value: AlarmState, range: Datapoint[]): string {
    const known = range.filter(datapoint => datapoint !== undefined);
    if (value === 'INSUFFICIENT_DATA' || !known.length) return 'Insufficient Data: no datapoints were received.';
    const deciding = known.filter(datapoint => this.breaches(datapoint) === (value === 'ALARM'));
    if (!deciding.length) return 'Threshold Crossed: missing datapoints decided.';
    return `Threshold Crossed: ${deciding.length} datapoint${deciding.length === 1 ? ' was' : 's were'} ${value === 'ALARM' ? '' : 'not '}${this.words} `
      + `the threshold (${this.properties.Threshold.toFixed(1)}). The most recent datapoint which crossed the threshold: [${deciding[deciding.length - 1].toFixed(1)}].`;
  }

  private breaches(datapoint: number): boolean {
    return COMPARISONS[this.properties.ComparisonOperator].breaches(datapoint, this.properties.Threshold);
  }

  private get words(): string {
    return COMPARISONS[this.properties.ComparisonOperator].words;
  }
}
