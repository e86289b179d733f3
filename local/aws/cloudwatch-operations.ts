import { alarmArn } from './account';
import { AlarmState } from './alarm-evaluation';
import { AwsError } from './aws-error';
import type { CloudWatch } from './cloudwatch';
import { listOf, Operations, Params } from './operation';

const STATES = ['OK', 'ALARM', 'INSUFFICIENT_DATA'];
const DATUM_PROPERTIES = ['MetricName', 'Dimensions', 'Value', 'Values', 'Counts', 'Unit', 'StorageResolution'];

/** CloudWatch's API, as far as it is played. */
export function cloudWatchOperations(cloudwatch: CloudWatch): Operations {
  return {
    DescribeAlarms: {
      params: ['AlarmNames', 'AlarmNamePrefix', 'AlarmTypes', 'StateValue', 'MaxRecords'], // a page has everything
      needs: params => {
        // "To return information about composite alarms, you must have the permission scoped to *."
        const names = listOf(params.AlarmTypes).includes('CompositeAlarm') ? [] : listOf(params.AlarmNames);
        return (names.length ? names : ['*']).map(name => ({ action: 'cloudwatch:DescribeAlarms', resource: alarmArn(name) }));
      },
      run: params => {
        const names = listOf(params.AlarmNames);
        const types = listOf(params.AlarmTypes);
        const unplayed = types.find(type => type !== 'MetricAlarm' && type !== 'CompositeAlarm');
        if (unplayed) throw new AwsError('ValidationError', `The local stand does not play the AlarmTypes ${unplayed}; it plays MetricAlarm and CompositeAlarm.`);
        const chosen = [...cloudwatch.alarms.values(), ...cloudwatch.compositeAlarms.values()]
          .filter(({ name }) => !names.length || names.includes(name))
          .filter(({ name }) => !params.AlarmNamePrefix || name.startsWith(params.AlarmNamePrefix))
          .filter(({ state }) => !params.StateValue || state.value === params.StateValue);
        const isMetric = ({ name }: { name: string }) => cloudwatch.alarms.has(name);
        return {
          // "If you omit this parameter, only metric alarms are returned, even if composite alarms exist."
          MetricAlarms: !types.length || types.includes('MetricAlarm') ? chosen.filter(isMetric).map(alarm => alarm.describe()) : [],
          CompositeAlarms: types.includes('CompositeAlarm') ? chosen.filter(alarm => !isMetric(alarm)).map(alarm => alarm.describe()) : [],
        };
      },
    },
    ListAlarmMuteRules: {
      params: ['AlarmName', 'Statuses', 'MaxRecords'], // a page has everything
      needs: () => [{ action: 'cloudwatch:ListAlarmMuteRules', resource: '*' }],
      run: ({ AlarmName, Statuses }) => {
        const statuses = listOf(Statuses);
        return {
          AlarmMuteRuleSummaries: cloudwatch.muteRules
            .filter(({ alarmName }) => AlarmName === undefined || alarmName === AlarmName)
            .filter(({ active }) => !statuses.length || statuses.includes(active ? 'ACTIVE' : 'EXPIRED'))
            .map(rule => rule.summary(cloudwatch.reported)),
        };
      },
    },
    PutMetricData: {
      params: ['Namespace', 'MetricData'],
      needs: ({ Namespace }) => [{ action: 'cloudwatch:PutMetricData', resource: '*', context: { 'cloudwatch:namespace': String(Namespace) } }],
      run: ({ Namespace, MetricData }) => {
        if (typeof Namespace !== 'string' || !Namespace || Namespace.startsWith('AWS/')) {
          throw new AwsError('InvalidParameterValue', `The value ${Namespace} for parameter Namespace is invalid: it must be text that does not start with AWS/.`);
        }
        const data = listOf(MetricData).map(datum => ({ datum, values: valuesOf(datum) })); // all or none
        for (const { datum: { MetricName, Dimensions = [] }, values } of data) cloudwatch.put({ Namespace, MetricName, Dimensions }, ...values);
        return {};
      },
    },
    SetAlarmState: {
      params: ['AlarmName', 'StateValue', 'StateReason', 'StateReasonData'],
      needs: params => [{ action: 'cloudwatch:SetAlarmState', resource: alarmArn(String(params.AlarmName)) }],
      run: ({ AlarmName, StateValue, StateReason, StateReasonData }) => {
        const alarm = cloudwatch.find(String(AlarmName));
        if (!alarm) throw new AwsError('ResourceNotFound', `Alarm ${AlarmName} does not exist`, 404);
        if (!STATES.includes(StateValue)) {
          throw new AwsError('ValidationError', `Value '${StateValue}' at 'stateValue' failed to satisfy constraint: `
            + `Member must satisfy enum value set: [${STATES.join(', ')}]`);
        }
        if (typeof StateReason !== 'string') throw new AwsError('ValidationError', "Value null at 'stateReason' failed to satisfy constraint: Member must not be null");
        // Temporary: the next evaluation goes by the metric again. An action runs only when the state differs from the one before.
        if (StateValue !== alarm.state.value) {
          cloudwatch.change(alarm, { value: StateValue as AlarmState, reason: StateReason, reasonData: StateReasonData, timestamp: new Date() });
        }
        return {};
      },
    },
  };
}

/** The values of a datum; a time stamp is not played: what is put belongs to the minute that passes. */
function valuesOf(datum: Params): number[] {
  const unplayed = Object.entries(datum).filter(([name, value]) => value !== undefined && !DATUM_PROPERTIES.includes(name)).map(([name]) => name);
  if (unplayed.length) throw new AwsError('ValidationError', `The local stand does not play ${unplayed.join(', ')} of MetricData; it plays ${DATUM_PROPERTIES.join(', ')}.`);
  if (typeof datum.MetricName !== 'string' || !datum.MetricName) throw new AwsError('MissingParameter', 'The parameter MetricData.MetricName is required.');
  if (datum.StorageResolution !== undefined && Number(datum.StorageResolution) !== 60) {
    throw new AwsError('ValidationError', `The local stand plays the StorageResolution 60 only, got ${datum.StorageResolution}.`);
  }
  const values = datum.Value === undefined ? listOf(datum.Values).map(Number) : [Number(datum.Value)];
  const counts = datum.Counts === undefined ? values.map(() => 1) : listOf(datum.Counts).map(Number);
  if (!values.length || values.some(value => !Number.isFinite(value))
    || counts.length !== values.length || counts.some(count => !Number.isInteger(count) || count < 1)) {
    throw new AwsError('InvalidParameterValue', `A datum has a Value, or Values and as many Counts (whole numbers from 1); got ${JSON.stringify(datum)}.`);
  }
  return values.flatMap((value, index) => Array.from({ length: counts[index] }, () => value));
}
