import { Datapoint } from '../../../local/aws/alarm-evaluation';
import { MetricMath } from '../../../local/aws/metric-math';

const SERIES: Record<string, Datapoint[]> = {
  m1: [1, 2, undefined],
  m2: [undefined, 5, 6],
  zero: [0, 0, 0],
  none: [undefined, undefined, undefined],
};
const evaluate = (expression: string) => new MetricMath(expression).evaluate(id => SERIES[id]);

test.each<[string, Datapoint[]]>([
  ['m1', [1, 2, undefined]],
  ['m1+m2', [undefined, 7, undefined]],
  ['MAX([m1, m2])', [1, 5, 6]],
  ['MIN([m1,m2])', [1, 2, 6]],
  ['SUM([m1,m2])', [1, 7, 6]],
  ['AVG([m1,m2])', [1, 3.5, 6]],
  ['FILL(m1, 0)', [1, 2, 0]],
  ['FILL(m1, REPEAT)', [1, 2, 2]],
  ['FILL(m2, REPEAT)', [undefined, 5, 6]],
  ['FILL(none, 1)', [1, 1, 1]],
  ['MAX([FILL(m1, 0), FILL(m2, 0)])', [1, 5, 6]],
  ['SUM(FILL([m1, m2], 1))', [2, 7, 7]],
  ['2 * m1 - -1', [3, 5, undefined]],
  ['1 + 2 * m1', [3, 5, undefined]],
  ['(1 + 2) * m1', [3, 6, undefined]],
  ['m1 / zero', [undefined, undefined, undefined]],
  ['m1 >= 2', [0, 1, undefined]],
  ['FILL(m1, 0) == 0', [0, 0, 1]],
  ['IF(m1 > 1, m2, 9)', [9, 5, undefined]],
])('%s', (expression, expected) => expect(evaluate(expression)).toEqual(expected));

test('knows the ids that it is on', () => {
  expect([...new MetricMath('MAX([m1, FILL(m2, 0)]) + e3').ids]).toEqual(['m1', 'm2', 'e3']);
});

test.each([
  ['METRICS()', 'the function METRICS is not played'],
  ['SUM(METRICS())', 'the function METRICS is not played'],
  ['ANOMALY_DETECTION_BAND(m1, 2)', 'the function ANOMALY_DETECTION_BAND is not played'],
  ['FILL(m1, LINEAR)', 'FILL with LINEAR is not played'],
  ['m1 AND m2', "'AND' is too much"],
  ['m1 +', 'it ends too early'],
  ['(m1', "')' is wanted, there is 'nothing'"],
  ['M1', "'M1' is not played"],
])('refuses %s', (expression, message) => expect(() => new MetricMath(expression)).toThrow(message));

test.each([
  ['MAX(m1)', 'MAX of one time series is one number'],
  ['[m1, m2]', 'it gives several time series'],
  ['1 + 1', 'it gives one number'],
  ['[m1, m2] + 1', 'arithmetic on a list is not played'],
])('refuses to evaluate %s', (expression, message) => expect(() => evaluate(expression)).toThrow(message));
