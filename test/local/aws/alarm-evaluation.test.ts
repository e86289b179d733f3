import { AlarmState, evaluate, MissingData } from '../../../local/aws/alarm-evaluation';

type Row = [range: string, missing: AlarmState, ignore: AlarmState | 'kept', breaching: AlarmState, notBreaching: AlarmState];

/** 0 is within the threshold, X breaches it, - is missing; as in CloudWatch's guide, the oldest first. */
function state(range: string, treatMissingData: MissingData, evaluationPeriods: number, datapointsToAlarm: number): AlarmState | 'kept' {
  const datapoints = range.split(' ').map(mark => ({ '0': 0, 'X': 1, '-': undefined }[mark]));
  return evaluate(datapoints, { evaluationPeriods, datapointsToAlarm, treatMissingData, breaches: value => value >= 1 }) ?? 'kept';
}

function check(rows: Row[], evaluationPeriods: number, datapointsToAlarm: number): void {
  test.each(rows)('%s', (range, ...expected) => {
    const treatments: MissingData[] = ['missing', 'ignore', 'breaching', 'notBreaching'];
    expect(treatments.map(treatment => state(range, treatment, evaluationPeriods, datapointsToAlarm))).toEqual(expected);
  });
}

// The tables of "Configuring how CloudWatch alarms treat missing data".
describe('3 out of 3 datapoints', () => check([
  ['0 - X - X', 'OK', 'OK', 'OK', 'OK'],
  ['0 - - - -', 'OK', 'OK', 'OK', 'OK'],
  ['- - - - -', 'INSUFFICIENT_DATA', 'kept', 'ALARM', 'OK'],
  ['0 X X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  ['- - X - -', 'ALARM', 'kept', 'ALARM', 'OK'],
], 3, 3));

describe('2 out of 3 datapoints', () => check([
  ['0 - X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  ['0 0 X 0 X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  ['0 - X - -', 'OK', 'OK', 'ALARM', 'OK'],
  ['- - - - 0', 'OK', 'OK', 'ALARM', 'OK'],
  ['- - - X -', 'ALARM', 'kept', 'ALARM', 'OK'],
], 3, 2));

describe('1 out of 1 datapoint', () => check([
  ['0 0 X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  ['X X 0', 'OK', 'OK', 'OK', 'OK'],
  ['- - -', 'INSUFFICIENT_DATA', 'kept', 'ALARM', 'OK'],
], 1, 1));

test.each(['- - - - X', '- - - X -'])('%s is no alarm yet, out of 3', range => {
  expect(state(range, 'missing', 3, 3)).toBe('OK');
});
