import { randomUUID } from 'node:crypto';
import { Datapoint } from './alarm-evaluation';
import { refuseUnplayed } from './alarm-state';
import { MetricMath } from './metric-math';
import { MetricName, Metrics, Statistic, STATISTICS, Window } from './metrics';

/** An element of an alarm's Metrics, by the names of the API. */
export interface MetricDataQuery {
  readonly Id: string;
  readonly Label?: string;
  readonly ReturnData?: boolean;
  readonly MetricStat?: { readonly Metric: MetricName; readonly Period: number; readonly Stat: Statistic };
  /** Metric math. */
  readonly Expression?: string;
  /** The same as that of the metrics. */
  readonly Period?: number;
}

const PROPERTIES = ['Id', 'Label', 'ReturnData', 'MetricStat', 'Expression', 'Period'];

/** What an alarm is on: one metric, or metric math on several. */
export class AlarmQuery {
  /** In seconds. */
  readonly period: number;
  private readonly math = new Map<string, MetricMath>();
  private readonly returned: MetricDataQuery;

  constructor(private readonly alarmName: string, private readonly queries: MetricDataQuery[]) {
    for (const query of queries) this.check(query);
    if (new Set(queries.map(({ Id }) => Id)).size !== queries.length) throw this.refusal('two metrics with one Id');
    const returned = queries.filter(({ ReturnData = true }) => ReturnData);
    if (returned.length !== 1) throw this.refusal(`${returned.length} metrics with ReturnData; an alarm has one`);
    [this.returned] = returned;
    for (const { Id, Expression } of queries) {
      if (Expression !== undefined) this.math.set(Id, new MetricMath(Expression));
    }
    const unknown = [...this.math.values()].flatMap(({ ids }) => [...ids]).find(id => !queries.some(({ Id }) => Id === id));
    if (unknown) throw this.refusal(`an expression on ${unknown}, which is no Id of its metrics`);
    const periods = new Set(queries.flatMap(({ MetricStat, Period }) => MetricStat?.Period ?? Period ?? []));
    if (periods.size !== 1) throw this.refusal(`metrics with the periods ${[...periods].join(', ') || 'none'}; one for all is played`);
    [this.period] = periods;
    if (this.period % 60 !== 0) throw new Error(`Alarm ${alarmName}: Period must be a multiple of 60 seconds in the local stand, got ${this.period}.`);
  }

  /** The statistic of an alarm on one metric. */
  get statistic(): Statistic | undefined {
    return this.returned.MetricStat?.Stat;
  }

  /** The time series that the alarm watches. */
  run(metrics: Metrics, window: Window): Datapoint[] {
    const underway = new Set<string>();
    const series = (id: string): Datapoint[] => {
      if (underway.has(id)) throw this.refusal(`expressions that refer to each other: ${[...underway].join(', ')}`);
      underway.add(id);
      const { MetricStat } = this.queries.find(({ Id }) => Id === id)!;
      const range = MetricStat ? metrics.statistics(MetricStat.Metric, MetricStat.Stat, window) : this.math.get(id)!.evaluate(series);
      underway.delete(id);
      return range;
    };
    return series(this.returned.Id);
  }

  /** As events show it. */
  configuration(): object[] {
    return this.queries.map(({ Id, Expression, Label, MetricStat, Period, ReturnData = true }) => ({
      id: Id,
      expression: Expression,
      label: Label,
      metricStat: MetricStat && {
        metric: {
          namespace: MetricStat.Metric.Namespace,
          name: MetricStat.Metric.MetricName,
          dimensions: Object.fromEntries((MetricStat.Metric.Dimensions ?? []).map(({ Name, Value }) => [Name, Value])),
        },
        period: MetricStat.Period,
        stat: MetricStat.Stat,
      },
      period: Period,
      returnData: ReturnData,
    }));
  }

  private check(query: MetricDataQuery): void {
    refuseUnplayed(`${this.alarmName}, metric ${query.Id},`, query, PROPERTIES);
    const { Id, MetricStat, Expression } = query;
    if (!MetricStat === (Expression === undefined)) throw this.refusal(`the metric ${Id} with ${MetricStat ? 'both' : 'neither'} MetricStat and Expression`);
    if (MetricStat) {
      refuseUnplayed(`${this.alarmName}, metric ${Id},`, MetricStat, ['Metric', 'Period', 'Stat']);
      if (!STATISTICS.includes(MetricStat.Stat)) {
        throw new Error(`Alarm ${this.alarmName}: the local stand does not play the statistic ${MetricStat.Stat}; it plays ${STATISTICS.join(', ')}.`);
      }
    }
  }

  private refusal(what: string): Error {
    return new Error(`Alarm ${this.alarmName} has ${what}.`);
  }
}

/** An alarm on one metric has no Id for it in its properties, but one in its events. */
export function singleMetric(Metric: MetricName, Period: number, Stat: Statistic): MetricDataQuery {
  return { Id: randomUUID(), MetricStat: { Metric, Period, Stat }, ReturnData: true };
}
