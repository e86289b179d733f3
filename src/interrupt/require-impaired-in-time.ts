import { Annotations, Token } from 'aws-cdk-lib';
import type { Alarm, CfnAlarm, IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { IConstruct } from 'constructs';
import type { DiagnosticInterrupt } from './diagnostic-interrupt';

// When a request is tried, in seconds after it was made: again after one and after two more minutes, by Lambda as by the workflow.
const TRIED_AFTER = [0, 60, 180];

// Those that fail if, and since when, the instance status check does.
const STATUS_CHECKS = ['StatusCheckFailed_Instance', 'StatusCheckFailed'];

/**
 * Reports a `minimumImpairedTime` that is not over at the last try: whatever tells of an instance tells once, so that such a hang would
 * never be interrupted.
 *
 * @param teller what tells of an instance
 * @param failedSeconds for how long the instance has failed its status check by then, at least
 */
export function requireImpairedInTime(interrupt: DiagnosticInterrupt, teller: IConstruct, failedSeconds: number): void {
  const { _minimumImpairedSeconds: given, _maximumEventAgeSeconds: oldest } = interrupt;
  // Not counted: a try of an event that is too old by then.
  const triedFor = Math.max(...TRIED_AFTER.filter(seconds => seconds < oldest));
  const allowed = failedSeconds + triedFor;
  if (given <= allowed) return;
  Annotations.of(interrupt).addError(`minimumImpairedTime: ${given} seconds were given; ${allowed} are allowed with ${teller.node.path}. It tells of an instance`
    + ` once, when that may have failed its check for ${failedSeconds} seconds only, and what is refused then (ImpairedTooShort) is tried again for ${triedFor} seconds`
    + ` and no longer: hangs would not be interrupted. Shorten minimumImpairedTime, or have ${teller.node.path} wait for longer.`);
}

/** The same for an alarm, where it is known at synth to watch a status check, and for how long. */
export function requireImpairedInTimeOf(interrupt: DiagnosticInterrupt, alarm: IAlarm): void {
  const { metricStat } = (alarm as Partial<Alarm>).metric?.toMetricConfig() ?? {};
  if (metricStat?.namespace !== 'AWS/EC2' || !STATUS_CHECKS.includes(metricStat.metricName)) return;
  const { evaluationPeriods, datapointsToAlarm = evaluationPeriods } = (alarm.node.defaultChild ?? {}) as Partial<CfnAlarm>;
  if (datapointsToAlarm === undefined || Token.isUnresolved(datapointsToAlarm) || metricStat.period.isUnresolved()) return;
  // The first of the periods counts as a whole, however late in it the instance has begun to fail.
  requireImpairedInTime(interrupt, alarm, (datapointsToAlarm - 1) * metricStat.period.toSeconds());
}
