import { ACCOUNT, alarmArn, arn } from './account';
import { Alarm, AlarmProperties, StateChange } from './alarm';
import { AlarmState, Datapoint } from './alarm-evaluation';
import { AwsError } from './aws-error';
import { Clock } from './clock';
import { Instance } from './instance';
import { Lambda } from './lambda';
import { listOf, Operations } from './operation';

const STATES = ['OK', 'ALARM', 'INSUFFICIENT_DATA'];
const ALARM_PRINCIPAL = 'lambda.alarms.cloudwatch.amazonaws.com';

/** CloudWatch: the metrics of the status checks, one value a minute, and the alarms on them. */
export class CloudWatch {
  readonly alarms = new Map<string, Alarm>();
  /** By metric: the value of each minute since the start; minutes without one are missing. */
  private readonly metrics = new Map<string, Map<number, number>>();
  private minute = 0;

  readonly operations: Operations = {
    DescribeAlarms: {
      params: ['AlarmNames', 'AlarmNamePrefix', 'AlarmTypes', 'StateValue', 'MaxRecords'], // a page has everything
      needs: params => {
        const names = listOf(params.AlarmNames);
        return (names.length ? names : ['*']).map(name => ({ action: 'cloudwatch:DescribeAlarms', resource: alarmArn(name) }));
      },
      run: params => {
        const names = listOf(params.AlarmNames);
        const types = listOf(params.AlarmTypes);
        const chosen = [...this.alarms.values()]
          .filter(({ name }) => !names.length || names.includes(name))
          .filter(({ name }) => !params.AlarmNamePrefix || name.startsWith(params.AlarmNamePrefix))
          .filter(({ state }) => !params.StateValue || state.value === params.StateValue);
        return {
          MetricAlarms: !types.length || types.includes('MetricAlarm') ? chosen.map(alarm => alarm.describe()) : [],
          CompositeAlarms: [],
        };
      },
    },
    SetAlarmState: {
      params: ['AlarmName', 'StateValue', 'StateReason', 'StateReasonData'],
      needs: params => [{ action: 'cloudwatch:SetAlarmState', resource: alarmArn(String(params.AlarmName)) }],
      run: ({ AlarmName, StateValue, StateReason, StateReasonData }) => {
        const alarm = this.alarms.get(AlarmName);
        if (!alarm) throw new AwsError('ResourceNotFound', `Alarm ${AlarmName} does not exist`, 404);
        if (!STATES.includes(StateValue)) {
          throw new AwsError('ValidationError', `Value '${StateValue}' at 'stateValue' failed to satisfy constraint: `
            + `Member must satisfy enum value set: [${STATES.join(', ')}]`);
        }
        if (typeof StateReason !== 'string') throw new AwsError('ValidationError', "Value null at 'stateReason' failed to satisfy constraint: Member must not be null");
        // Temporary: the next evaluation goes by the metric again. An action runs only when the state differs from the one before.
        if (StateValue !== alarm.state.value) {
          this.change(alarm, { value: StateValue as AlarmState, reason: StateReason, reasonData: StateReasonData, timestamp: new Date() });
        }
        return {};
      },
    },
  };

  constructor(
    private readonly clock: Clock,
    private readonly lambda: Lambda,
    private readonly instances: () => Iterable<Instance>,
    private readonly log: (line: string) => void,
  ) {
    this.clock.every(1, () => this.passMinute());
  }

  createAlarm(properties: AlarmProperties): Alarm {
    if (this.alarms.has(properties.AlarmName)) throw new Error(`There is an alarm named ${properties.AlarmName} already.`);
    for (const action of [...properties.OKActions ?? [], ...properties.AlarmActions ?? [], ...properties.InsufficientDataActions ?? []]) {
      if (!action.startsWith(arn('lambda', 'function:'))) {
        throw new Error(`Alarm ${properties.AlarmName} has the action ${action}; the local stand carries out Lambda functions only.`);
      }
    }
    const alarm = new Alarm(properties);
    this.alarms.set(alarm.name, alarm);
    return alarm;
  }

  /** EC2 publishes the minute's status checks; then every alarm whose period ends with this minute is evaluated. */
  private passMinute(): void {
    this.minute += 1;
    for (const { id, status } of this.instances()) {
      if (status !== 'ok' && status !== 'impaired') continue; // EC2 has no data on instances that do not run or have just started
      const failed = status === 'impaired' ? 1 : 0;
      this.put('StatusCheckFailed_Instance', id, failed);
      this.put('StatusCheckFailed_System', id, 0);
      this.put('StatusCheckFailed', id, failed);
    }
    for (const alarm of this.alarms.values()) {
      const change = alarm.evaluate(this.range(alarm));
      if (change) this.change(alarm, change);
    }
  }

  private put(name: string, instanceId: string, value: number): void {
    const key = metricKey('AWS/EC2', name, [{ Name: 'InstanceId', Value: instanceId }]);
    if (!this.metrics.has(key)) this.metrics.set(key, new Map());
    this.metrics.get(key)!.set(this.minute, value);
  }

  /** The alarm's statistic over the most recent whole periods, the oldest first. */
  private range({ properties, range }: Alarm): Datapoint[] {
    const values = this.metrics.get(metricKey(properties.Namespace, properties.MetricName, properties.Dimensions)) ?? new Map<number, number>();
    const length = properties.Period / 60;
    return Array.from({ length: range }, (_, index) => {
      const last = this.minute - (range - 1 - index) * length;
      const within = Array.from({ length }, (__, back) => values.get(last - back)).filter(value => value !== undefined);
      return within.length ? statistic(properties.Statistic, within) : undefined;
    });
  }

  private change(alarm: Alarm, change: StateChange): void {
    this.log(`cloudwatch: alarm ${alarm.name}: ${alarm.state.value} -> ${change.value}: ${change.reason}`);
    alarm.history.push(change);
    for (const action of alarm.actions()) {
      const refusal = this.lambda.invokeFrom({ service: ALARM_PRINCIPAL, arn: alarm.arn, account: ACCOUNT }, action, alarm.event());
      if (refusal) this.log(`cloudwatch: alarm ${alarm.name}: failed to execute action ${action}: ${refusal}`);
    }
  }
}

function statistic(name: AlarmProperties['Statistic'], values: number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  return { Maximum: Math.max(...values), Minimum: Math.min(...values), Sum: sum, Average: sum / values.length, SampleCount: values.length }[name];
}

function metricKey(namespace: string, name: string, dimensions: { Name: string; Value: string }[]): string {
  return JSON.stringify([namespace, name, ...dimensions.map(({ Name, Value }) => `${Name}=${Value}`).sort()]);
}
