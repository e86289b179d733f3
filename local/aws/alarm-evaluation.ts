export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
export type MissingData = 'missing' | 'ignore' | 'breaching' | 'notBreaching';

/** A period's value, or that there was none. */
export type Datapoint = number | undefined;

export interface EvaluationRule {
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly treatMissingData: MissingData;
  readonly breaches: (value: number) => boolean;
}

/** CloudWatch retrieves more periods than it evaluates: "evaluation range". How many is not documented; its examples show two more. */
export const EXTRA_PERIODS = 2;

/**
 * The state that an alarm has by the most recent periods (oldest first), or undefined: it keeps the one it has. This is
 * "Configuring how CloudWatch alarms treat missing data": real data points come first, however old within the range; only
 * those that are wanting are filled in by the setting.
 */
export function evaluate(range: Datapoint[], rule: EvaluationRule): AlarmState | undefined {
  const { evaluationPeriods, datapointsToAlarm, treatMissingData, breaches } = rule;
  const present = range.filter(value => value !== undefined).slice(-evaluationPeriods);
  const breaching = present.filter(breaches).length;
  const wanting = evaluationPeriods - present.length;

  if (treatMissingData === 'breaching') return breaching + wanting >= datapointsToAlarm ? 'ALARM' : 'OK';
  if (treatMissingData === 'notBreaching' || wanting === 0) return breaching >= datapointsToAlarm ? 'ALARM' : 'OK';
  if (present.length === 0) return treatMissingData === 'ignore' ? undefined : 'INSUFFICIENT_DATA';
  if (breaching >= datapointsToAlarm) return 'ALARM';
  if (breaching < present.length) return 'OK';

  // All that there is breaches, but it is less than what the alarm asks for. "- - X - -" is an alarm nevertheless when missing is
  // missing: the breach is as old as the data points to alarm, and nothing better came since. "- - - - X" is not, yet.
  const recent = range.slice(-evaluationPeriods);
  const age = recent.length - recent.findIndex(value => value !== undefined && breaches(value));
  if (treatMissingData === 'ignore') return undefined;
  return age >= datapointsToAlarm && age <= recent.length ? 'ALARM' : 'OK';
}
