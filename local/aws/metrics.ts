import { Datapoint } from './alarm-evaluation';

export interface Dimension {
  readonly Name: string;
  readonly Value: string;
}

/** A metric's identity: another dimension makes another metric. */
export interface MetricName {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: Dimension[];
}

export const STATISTICS = ['Maximum', 'Minimum', 'Average', 'Sum', 'SampleCount'] as const;
export type Statistic = typeof STATISTICS[number];

/** The whole minutes that an evaluation looks at: so many periods of so many minutes, the last of which ends with `minute`. */
export interface Window {
  readonly minute: number;
  readonly periods: number;
  readonly length: number;
}

/** One metric: the values that were put in each minute. A minute without one is missing. */
export class Series {
  readonly dimensions: ReadonlyMap<string, string>;
  /** When the last value came. */
  lastPut?: Date;
  private readonly minutes = new Map<number, number[]>();

  constructor(readonly name: MetricName) {
    this.dimensions = new Map(name.Dimensions?.map(({ Name, Value }) => [Name, Value]));
  }

  put(minute: number, values: number[]): void {
    this.minutes.set(minute, [...this.minutes.get(minute) ?? [], ...values]);
    this.lastPut = new Date();
  }

  /** The values of each period, the oldest first. */
  values({ minute, periods, length }: Window): number[][] {
    return Array.from({ length: periods }, (_, index) => {
      const last = minute - (periods - 1 - index) * length;
      return Array.from({ length }, (__, back) => this.minutes.get(last - back) ?? []).flat();
    });
  }
}

/** Everything that was ever published, by minute since the start. */
export class Metrics {
  private readonly all = new Map<string, Series>();

  put(name: MetricName, minute: number, values: number[]): void {
    const key = keyOf(name);
    if (!this.all.has(key)) this.all.set(key, new Series(name));
    this.all.get(key)!.put(minute, values);
  }

  get(name: MetricName): Series | undefined {
    return this.all.get(keyOf(name));
  }

  /** The metrics of a name, with whatever dimensions. */
  named(namespace: string, metricName: string): Series[] {
    return [...this.all.values()].filter(({ name }) => name.Namespace === namespace && name.MetricName === metricName);
  }

  /** A metric's statistic in each period of a window; a metric that nobody has published has none. */
  statistics(name: MetricName, statistic: Statistic, window: Window): Datapoint[] {
    const series = this.get(name) ?? new Series(name);
    return series.values(window).map(values => statisticOf(statistic, values));
  }
}

/** The statistic of a period's values; without values there is none, a count neither. */
export function statisticOf(name: Statistic, values: number[]): Datapoint {
  if (!values.length) return undefined;
  const sum = values.reduce((total, value) => total + value, 0);
  return { Maximum: Math.max(...values), Minimum: Math.min(...values), Sum: sum, Average: sum / values.length, SampleCount: values.length }[name];
}

function keyOf({ Namespace, MetricName: name, Dimensions = [] }: MetricName): string {
  return JSON.stringify([Namespace, name, ...Dimensions.map(({ Name, Value }) => `${Name}=${Value}`).sort()]);
}
