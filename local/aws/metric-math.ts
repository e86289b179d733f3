import { Datapoint } from './alarm-evaluation';

/** A time series, one number for all periods, or a list of time series. */
type Value = Datapoint[] | number | Datapoint[][];
type Evaluate = (series: (id: string) => Datapoint[]) => Value;

const PLAYED = '+ - * /, comparisons, MAX, MIN, SUM and AVG of a list [m1, m2], FILL(m1, number or REPEAT), IF(condition, a, b), numbers and ids';
const COMPARISONS: Record<string, (a: number, b: number) => boolean> = {
  '<': (a, b) => a < b, '<=': (a, b) => a <= b, '>': (a, b) => a > b, '>=': (a, b) => a >= b, '==': (a, b) => a === b, '!=': (a, b) => a !== b,
};
const REDUCERS: Record<string, (values: number[]) => number> = {
  MAX: values => Math.max(...values),
  MIN: values => Math.min(...values),
  SUM: values => values.reduce((total, value) => total + value, 0),
  AVG: values => values.reduce((total, value) => total + value, 0) / values.length,
};

/** A metric math expression, as far as it is played; anything else is refused by name. */
export class MetricMath {
  /** The ids of the metrics and expressions that it refers to. */
  readonly ids = new Set<string>();
  private readonly tokens: string[];
  private readonly evaluateTree: Evaluate;

  constructor(readonly expression: string) {
    this.tokens = expression.match(/[A-Za-z_]\w*|\d+(?:\.\d+)?|<=|>=|==|!=|[^\s]/g) ?? [];
    this.evaluateTree = this.comparison();
    if (this.tokens.length) throw this.refusal(`'${this.tokens[0]}' is too much`);
  }

  /** The time series that it gives, of as many periods as those of its metrics. */
  evaluate(series: (id: string) => Datapoint[]): Datapoint[] {
    const value = this.evaluateTree(series);
    if (typeof value === 'number') throw this.refusal('it gives one number, and an alarm wants a time series');
    if (isList(value)) throw this.refusal('it gives several time series, and an alarm on math wants one');
    return value;
  }

  private comparison(): Evaluate {
    const left = this.sum();
    const operator = this.tokens[0];
    if (!Object.hasOwn(COMPARISONS, operator ?? '')) return left;
    this.tokens.shift();
    const right = this.sum();
    return series => this.combine(left(series), right(series), (a, b) => COMPARISONS[operator](a, b) ? 1 : 0);
  }

  private sum(): Evaluate {
    let left = this.product();
    while (this.tokens[0] === '+' || this.tokens[0] === '-') {
      const [sign, before, right] = [this.tokens.shift() === '+' ? 1 : -1, left, this.product()];
      left = series => this.combine(before(series), right(series), (a, b) => a + sign * b);
    }
    return left;
  }

  private product(): Evaluate {
    let left = this.primary();
    while (this.tokens[0] === '*' || this.tokens[0] === '/') {
      const [times, before, right] = [this.tokens.shift() === '*', left, this.primary()];
      left = series => this.combine(before(series), right(series), (a, b) => times ? a * b : b === 0 ? undefined : a / b);
    }
    return left;
  }

  private primary(): Evaluate {
    const token = this.tokens.shift();
    if (token === undefined) throw this.refusal('it ends too early');
    if (/^\d/.test(token)) return () => Number(token);
    if (token === '-') {
      const operand = this.primary();
      return series => this.combine(0, operand(series), (a, b) => a - b);
    }
    if (token === '(') {
      const inner = this.comparison();
      this.expect(')');
      return inner;
    }
    if (token === '[') {
      const items = this.list(']');
      return series => items.map(item => this.series(item(series)));
    }
    if (this.tokens[0] === '(') return this.call(token);
    if (!/^[a-z]\w*$/.test(token)) throw this.refusal(`'${token}' is not played`); // "the first character must be a lower case letter"
    this.ids.add(token);
    return series => series(token);
  }

  private call(name: string): Evaluate {
    this.expect('(');
    if (name === 'FILL') return this.fill();
    const reduce = Object.hasOwn(REDUCERS, name) ? REDUCERS[name] : undefined;
    if (!reduce && name !== 'IF') throw this.refusal(`the function ${name} is not played`);
    const operands = this.list(')');
    if (reduce) {
      if (operands.length !== 1) throw this.refusal(`${name} takes one list, such as ${name}([m1, m2])`);
      return series => {
        const list = operands[0](series);
        if (typeof list === 'number' || !isList(list)) throw this.refusal(`${name} of one time series is one number; it is played for a list`);
        return list[0].map((_, period) => {
          const present = list.map(item => item[period]).filter(value => value !== undefined);
          return present.length ? reduce(present) : undefined;
        });
      };
    }
    if (operands.length !== 3) throw this.refusal('IF takes a condition and two values');
    return series => {
      const [condition, yes, no] = operands.map(operand => operand(series));
      return this.series(condition).map((value, period) => value === undefined ? undefined : at(this.plain(value !== 0 ? yes : no), period));
    };
  }

  private fill(): Evaluate {
    const operand = this.comparison();
    this.expect(',');
    if (this.tokens[0] === 'LINEAR') throw this.refusal('FILL with LINEAR is not played');
    const repeat = this.tokens[0] === 'REPEAT';
    const filling = repeat ? (this.tokens.shift(), () => 0) : this.comparison();
    this.expect(')');
    return series => {
      const fillOne = (values: Datapoint[]): Datapoint[] => {
        let last: Datapoint;
        return values.map((value, period) => last = value ?? (repeat ? last : at(this.plain(filling(series)), period)));
      };
      const value = operand(series);
      return typeof value === 'number' ? value : isList(value) ? value.map(fillOne) : fillOne(value);
    };
  }

  private list(end: string): Evaluate[] {
    const items = [this.comparison()];
    while (this.tokens[0] === ',') {
      this.tokens.shift();
      items.push(this.comparison());
    }
    this.expect(end);
    return items;
  }

  /** A period is missing in the result when it is missing on either side. */
  private combine(left: Value, right: Value, operation: (a: number, b: number) => Datapoint): Value {
    const [a, b] = [this.plain(left), this.plain(right)];
    if (typeof a === 'number' && typeof b === 'number') {
      const value = operation(a, b);
      if (value === undefined) throw this.refusal('it divides a number by zero');
      return value;
    }
    const periods = (typeof a === 'number' ? b as Datapoint[] : a).length;
    return Array.from({ length: periods }, (_, period) => {
      const [x, y] = [at(a, period), at(b, period)];
      return x === undefined || y === undefined ? undefined : operation(x, y);
    });
  }

  private plain(value: Value): Datapoint[] | number {
    if (typeof value === 'number' || !isList(value)) return value;
    throw this.refusal('arithmetic on a list is not played');
  }

  private series(value: Value): Datapoint[] {
    if (typeof value === 'number' || isList(value)) throw this.refusal('a time series is wanted where there is none');
    return value;
  }

  private expect(wanted: string): void {
    const token = this.tokens.shift();
    if (token !== wanted) throw this.refusal(`'${wanted}' is wanted, there is '${token ?? 'nothing'}'`);
  }

  private refusal(what: string): Error {
    return new Error(`The local CloudWatch does not play the expression '${this.expression}': ${what}. It plays ${PLAYED}.`);
  }
}

function isList(value: Datapoint[] | Datapoint[][]): value is Datapoint[][] {
  return Array.isArray(value[0]);
}

function at(value: Datapoint[] | number, period: number): Datapoint {
  return typeof value === 'number' ? value : value[period];
}
