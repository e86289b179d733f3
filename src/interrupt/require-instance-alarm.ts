import { Token } from 'aws-cdk-lib';
import { Alarm, IAlarm, IMetric } from 'aws-cdk-lib/aws-cloudwatch';

/**
 * Requires an alarm to say about which instance it is, where its metrics are known at synth. Otherwise nothing would tell before the
 * night in which it goes off, and its event is an `UnknownEvent`.
 */
export function requireInstanceAlarm(where: string, alarm: IAlarm): void {
  const { metric } = alarm as Partial<Alarm>;
  if (metric === undefined ? !isPromQl(alarm) : namesInstance(metric)) return;
  throw new Error(`${where}: ${alarm.node.path} watches no metric with the dimension InstanceId, so it does not say about which instance it is; an alarm`
    + ' on the metrics of one instance is allowed, such as an UnresponsiveAlarm. Give that, or a FleetWatch to addFleetWatch.');
}

/** Which has contributors in place of metrics. By the property, which the types of an older aws-cdk-lib do not have. */
function isPromQl({ node: { defaultChild } }: IAlarm): boolean {
  return (defaultChild as { evaluationCriteria?: unknown } | undefined)?.evaluationCriteria !== undefined;
}

function namesInstance(metric: IMetric): boolean {
  const { metricStat, mathExpression } = metric.toMetricConfig();
  return metricStat?.dimensions?.some(({ name }) => name === 'InstanceId' || Token.isUnresolved(name))
    || Object.values(mathExpression?.usingMetrics ?? {}).some(namesInstance);
}
