import { Datapoint } from './alarm-evaluation';
import { Metrics, Series, Statistic, statisticOf, Window } from './metrics';

const FUNCTIONS: Record<string, Statistic> = { MAX: 'Maximum', MIN: 'Minimum', AVG: 'Average', SUM: 'Sum', COUNT: 'SampleCount' };
const FORM = 'SELECT FUNCTION(metric) FROM SCHEMA("namespace", dimension, ...) [GROUP BY dimension, ...] [ORDER BY FUNCTION() [ASC|DESC]] [LIMIT n]';
/** A query returns no more time series than this. */
const MAX_SERIES = 500;

/** One time series of a query's result: the values of its group, and which group it is. */
export interface QueriedSeries {
  /** By the dimensions of GROUP BY; empty without it. */
  readonly attributes: Record<string, string>;
  readonly range: Datapoint[];
}

/** A Metrics Insights query, of the form that is played: no WHERE, no tags, no other account. */
export class InsightsQuery {
  /** Whether an expression is a query rather than metric math. */
  static is(expression: string): boolean {
    return /^\s*SELECT\s/i.test(expression);
  }

  readonly groupBy: string[];
  private readonly statistic: Statistic;
  private readonly metricName: string;
  private readonly namespace: string;
  /** The metrics with exactly these dimensions; undefined: with any. */
  private readonly schema?: string[];
  private readonly order?: { readonly by: Statistic; readonly descending: boolean };
  private readonly limit: number;

  constructor(readonly expression: string) {
    const name = '("[^"]+"|[\\w./-]+)';
    const match = new RegExp(`^\\s*SELECT\\s+(\\w+)\\s*\\(\\s*${name}\\s*\\)\\s+FROM\\s+(?:SCHEMA\\s*\\(([^)]*)\\)|${name})`
      + '(?:\\s+GROUP\\s+BY\\s+((?:"[^"]+"|\\w+)(?:\\s*,\\s*(?:"[^"]+"|\\w+))*))?'
      + '(?:\\s+ORDER\\s+BY\\s+(\\w+)\\s*\\(\\s*\\)(?:\\s+(ASC|DESC))?)?(?:\\s+LIMIT\\s+(\\d+))?\\s*$', 'i').exec(expression);
    if (!match) throw this.refusal(`it must be ${FORM}`);
    const [, selected, metric, schema, namespace, groupBy, orderBy, direction, limit] = match;
    const [schemaNamespace, ...dimensions] = schema === undefined ? [namespace] : schema.split(',').map(part => part.trim());
    this.statistic = this.function(selected);
    this.metricName = unquoted(metric);
    this.namespace = unquoted(schemaNamespace);
    this.schema = schema === undefined ? undefined : dimensions.map(unquoted);
    this.groupBy = groupBy ? groupBy.split(',').map(part => unquoted(part.trim())) : [];
    const foreign = this.schema && this.groupBy.find(dimension => !this.schema!.includes(dimension));
    if (foreign) throw this.refusal(`it groups by ${foreign}, which is not in its SCHEMA`);
    this.order = orderBy ? { by: this.function(orderBy), descending: direction?.toUpperCase() === 'DESC' } : undefined;
    this.limit = Math.min(limit ? Number(limit) : MAX_SERIES, MAX_SERIES);
    if (this.limit < 1) throw this.refusal('LIMIT must be 1 at least');
  }

  /** The time series of a window; a group without a value in it is none. */
  run(metrics: Metrics, window: Window): QueriedSeries[] {
    const groups = new Map<string, { attributes: Record<string, string>; members: Series[] }>();
    for (const series of metrics.named(this.namespace, this.metricName)) {
      if (!this.selects(series)) continue;
      const attributes = Object.fromEntries(this.groupBy.map(dimension => [dimension, series.dimensions.get(dimension)!]));
      const key = JSON.stringify(attributes);
      if (!groups.has(key)) groups.set(key, { attributes, members: [] });
      groups.get(key)!.members.push(series);
    }
    const found = [...groups.values()].map(({ attributes, members }) => {
      const values = members.map(member => member.values(window));
      return { attributes, range: values[0].map((_, period) => statisticOf(this.statistic, values.flatMap(periods => periods[period]))) };
    }).filter(({ range }) => range.some(value => value !== undefined));
    if (this.order) {
      const { by, descending } = this.order;
      const rank = ({ range }: QueriedSeries) => statisticOf(by, range.filter(value => value !== undefined))!;
      found.sort((a, b) => (rank(a) - rank(b)) * (descending ? -1 : 1));
    }
    return found.slice(0, this.limit);
  }

  private selects({ dimensions }: Series): boolean {
    if (!this.schema) return this.groupBy.every(dimension => dimensions.has(dimension));
    return dimensions.size === this.schema.length && this.schema.every(dimension => dimensions.has(dimension));
  }

  private function(name: string): Statistic {
    const statistic = FUNCTIONS[name.toUpperCase()];
    if (!statistic) throw this.refusal(`the function ${name} is not of ${Object.keys(FUNCTIONS).join(', ')}`);
    return statistic;
  }

  private refusal(what: string): Error {
    return new Error(`The local CloudWatch does not play the query '${this.expression}': ${what}.`);
  }
}

function unquoted(name: string): string {
  return name.replace(/^"(.*)"$/, '$1');
}
