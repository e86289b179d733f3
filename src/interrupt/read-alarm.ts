import { AlarmType, CompositeAlarm, DescribeAlarmsCommand, Dimension, ListAlarmMuteRulesCommand, MetricAlarm } from '@aws-sdk/client-cloudwatch';
import { findOnPages, IncompleteAnswerError, ReadOptions, text } from './answers';
import { cloudWatch } from './clients';
import { AlarmFacts, MuteFacts, WatchedMetric } from './facts';
import { AlarmSource } from './trigger';

/** The alarm as it is now, whatever its event said. */
export async function readAlarm(source: AlarmSource, options: ReadOptions): Promise<AlarmFacts> {
  return source.children ? readComposite(source, source.children, options) : readMetricAlarm(source, options);
}

async function readMetricAlarm({ alarmName, alarmArn }: AlarmSource, options: ReadOptions): Promise<AlarmFacts> {
  const command = new DescribeAlarmsCommand({ AlarmNames: [alarmName], AlarmTypes: [AlarmType.MetricAlarm] });
  const { MetricAlarms } = await cloudWatch.send(command, options);
  const found = byArn(MetricAlarms, alarmArn);
  return { ...stateOf(found), watches: watchedBy(found) };
}

async function readComposite({ alarmArn }: AlarmSource, children: string[], options: ReadOptions): Promise<AlarmFacts> {
  const { CompositeAlarms, MetricAlarms } = await describeAll([alarmArn, ...children], options);
  const inAlarm = children.map(child => MetricAlarms?.find(({ AlarmArn }) => AlarmArn === child)).filter(child => child?.StateValue === 'ALARM');
  return { ...stateOf(byArn(CompositeAlarms, alarmArn)), watches: inAlarm.flatMap(child => watchedBy(child!)) };
}

/** Where CloudWatch has no mute rules yet, no alarm is muted. */
const UNKNOWN_OPERATION = ['UnknownOperationException', 'InvalidAction'];

export async function readMute({ alarmName }: AlarmSource, options: ReadOptions): Promise<MuteFacts> {
  // A page may be empty and not be the last. One with a rule on it says enough.
  const activeRules = await findOnPages(async NextToken => {
    const command = new ListAlarmMuteRulesCommand({ AlarmName: alarmName, Statuses: ['ACTIVE'], NextToken });
    const { AlarmMuteRuleSummaries: rules, NextToken: nextToken } = await cloudWatch.send(command, options);
    if (!rules) throw new IncompleteAnswerError('AlarmMuteRuleSummaries is not in it');
    return { found: rules.length > 0 ? rules.map(rule => text(rule.AlarmMuteRuleArn, 'AlarmMuteRuleArn')) : undefined, nextToken };
  }).catch((error: Error) => {
    if (UNKNOWN_OPERATION.includes(error.name)) return undefined;
    throw error;
  });
  return { activeRules: activeRules ?? [] };
}

/** What a composite alarm's own event does not tell: the instances that the alarms below it watch. */
export async function instancesWatchedBy(children: string[], options: ReadOptions): Promise<string[]> {
  const { MetricAlarms } = await describeAll(children, options);
  const named = children.flatMap(child => watchedBy(byArn(MetricAlarms, child))).map(({ instanceId }) => instanceId);
  return [...new Set(named.filter(id => id !== undefined))];
}

function describeAll(arns: string[], options: ReadOptions) {
  const names = arns.map(each => each.split(':').slice(6).join(':'));
  const AlarmTypes = [AlarmType.MetricAlarm, AlarmType.CompositeAlarm];
  return cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: names, AlarmTypes, MaxRecords: 100 }), options);
}

/** By ARN: an event from another account or Region may name an alarm that is called the same here. */
function byArn<T extends MetricAlarm | CompositeAlarm>(alarms: T[] | undefined, arn: string): T {
  const found = alarms?.find(({ AlarmArn }) => AlarmArn === arn);
  if (!found) throw new IncompleteAnswerError('no alarm with the ARN of the event');
  return found;
}

function stateOf(alarm: MetricAlarm & CompositeAlarm) {
  return {
    state: text(alarm.StateValue, 'StateValue'),
    stateSince: alarm.StateTransitionedTimestamp?.toISOString(),
    // "The default is TRUE" (PutMetricAlarm).
    actionsEnabled: alarm.ActionsEnabled ?? true,
    ...alarm.ActionsSuppressedBy && { actionsSuppressedBy: alarm.ActionsSuppressedBy },
  };
}

function watchedBy({ Namespace, MetricName, Dimensions, Metrics = [] }: MetricAlarm): WatchedMetric[] {
  const one = MetricName === undefined ? [] : [{ Namespace, MetricName, Dimensions }];
  return [...one, ...Metrics.map(({ MetricStat }) => MetricStat?.Metric).filter(metric => metric !== undefined)].map(metric => ({
    namespace: metric.Namespace ?? '',
    metricName: metric.MetricName ?? '',
    instanceId: metric.Dimensions?.find(({ Name }: Dimension) => Name === 'InstanceId')?.Value,
  }));
}
