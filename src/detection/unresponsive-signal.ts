import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { IInstanceRef } from 'aws-cdk-lib/aws-ec2';
import { heartbeatPeriod, requireHeartbeat } from './heartbeat';
import { HeartbeatProps } from './heartbeat-props';

interface SignalConfig {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions?: { readonly [name: string]: string };
  readonly period: Duration;
  /** Whether it is the presence of the metric, and not its value, that says that the instance lives. */
  readonly heartbeat: boolean;
  readonly vouches: boolean;
  /** What an alarm on it means, as a sentence. */
  readonly meaning: string;
}

/**
 * Defines by what it is noticed that an instance is unresponsive.
 *
 * The instance status check sees a dead kernel. It does not see a dead user space: the kernel answers its ARP requests even if no
 * program is ever scheduled again. The other signals do, but each of them may also fail while the instance is well. Use them
 * together with the limits of DiagnosticInterrupt, and prefer signals that come from outside the instance.
 *
 * @example
 * declare const web: ec2.Instance;
 * declare const kdump: KdumpAssociation;
 *
 * const signal = UnresponsiveSignal.cloudWatchAgentHeartbeat();
 * const alarm = new UnresponsiveAlarm(this, 'Unresponsive', { instance: web, signal });
 * // Given to both: the instance status check, by which the interrupt is decided otherwise, does not see what the heartbeat sees.
 * const interrupt = new DiagnosticInterrupt(this, 'Interrupt', { kdump, signals: [signal] });
 * alarm.addAlarmAction(DiagnosticInterruptAction.of(interrupt));
 */
export class UnresponsiveSignal {
  /**
   * The EC2 instance status check, `StatusCheckFailed_Instance`: the instance does not answer ARP requests. Every instance has it, each
   * minute and free of charge.
   *
   * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-system-instance-status-check.html
   */
  public static instanceStatusCheck(): UnresponsiveSignal {
    return new UnresponsiveSignal({
      namespace: 'AWS/EC2',
      metricName: 'StatusCheckFailed_Instance',
      period: Duration.minutes(1),
      heartbeat: false,
      vouches: false,
      meaning: 'The instance fails its EC2 instance status check: it does not answer ARP requests.',
    });
  }

  /**
   * The EC2 application status check, `StatusCheckFailed_Application`: EC2 asks an HTTP or HTTPS endpoint of the instance once a minute, and
   * one of the checks with aggregation `included` has failed.
   *
   * An instance has the metric only if an application status check is associated with it (`AWS::EC2::ApplicationStatusCheck` and its
   * associations; they are not defined here). Without one the alarm stays in INSUFFICIENT_DATA, since missing data never sets it off.
   *
   * The check also fails when only the application is broken, when a security group or a firewall keeps the check out, and during a
   * reboot. Let it ask for something that answers as long as programs run at all, not for an application that depends on a database.
   * An Auto Scaling group replaces an instance that fails an included check, and may be faster than the dump.
   *
   * AWS documents the metric as one per instance; that its dimension is `InstanceId` alone follows the other status checks.
   *
   * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/application-status-checks.html
   */
  public static applicationStatusCheck(): UnresponsiveSignal {
    return new UnresponsiveSignal({
      namespace: 'AWS/EC2',
      metricName: 'StatusCheckFailed_Application',
      period: Duration.minutes(1),
      heartbeat: false,
      vouches: true,
      meaning: 'The instance fails its EC2 application status check: its application does not answer HTTP requests.',
    });
  }

  /**
   * A metric that a program on the instance publishes for as long as it lives: the instance is taken for dead when the metric stops.
   *
   * This is weaker evidence than a status check, which somebody outside the instance makes. A heartbeat also stops when the program stops
   * or is removed, when the network, the route to CloudWatch or the credentials fail, when the instance is stopped, and it has not begun
   * yet on an instance that boots: the alarm is in ALARM in all these cases. Whoever acts on the alarm has to look at the instance as
   * well; DiagnosticInterrupt does, and its circuit breaker bounds what a fault of many heartbeats at once can do. Prefer
   * `applicationStatusCheck()` where you can.
   *
   * The alarm may go off minutes later than it is told to: CloudWatch looks at somewhat more periods than it evaluates, and fills in
   * missing ones only if it has not enough others.
   *
   * @param props the metric
   * @throws if a name is empty or a token, the namespace is one of AWS's own, or the dimensions name InstanceId or are more than 29
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
   */
  public static heartbeat(props: HeartbeatProps): UnresponsiveSignal {
    requireHeartbeat(props);
    return new UnresponsiveSignal({
      namespace: props.namespace,
      metricName: props.metricName,
      dimensions: props.dimensions,
      period: heartbeatPeriod(props.period),
      heartbeat: true,
      vouches: true,
      meaning: `The heartbeat of the instance has stopped: no data of its metric ${props.namespace} ${props.metricName}.`,
    });
  }

  /**
   * The metric `mem_used_percent` of the CloudWatch agent as the heartbeat, in the namespace `CWAgent` and with `InstanceId` as its only
   * dimension. What is said of `heartbeat()` holds.
   *
   * The agent publishes that metric if its configuration says so; without it the alarm is in ALARM from the beginning:
   *
   * ```json
   * {
   *   "metrics": {
   *     "append_dimensions": { "InstanceId": "${aws:InstanceId}" },
   *     "aggregation_dimensions": [["InstanceId"]],
   *     "metrics_collected": { "mem": { "measurement": ["mem_used_percent"], "metrics_collection_interval": 60 } }
   *   }
   * }
   * ```
   *
   * `append_dimensions` of further dimensions, such as `ImageId`, does no harm, thanks to `aggregation_dimensions`. Another `namespace` of
   * the agent needs `heartbeat()`.
   *
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-Configuration-File-Details.html
   */
  public static cloudWatchAgentHeartbeat(): UnresponsiveSignal {
    return UnresponsiveSignal.heartbeat({ namespace: 'CWAgent', metricName: 'mem_used_percent' });
  }

  private constructor(private readonly config: SignalConfig) {
  }

  /**
   * The metric, by the names that an alarm's configuration carries.
   *
   * @internal
   */
  public get _metricIdentity(): { readonly namespace: string; readonly metricName: string } {
    return { namespace: this.config.namespace, metricName: this.config.metricName };
  }

  /**
   * Whether the signal says that an instance is dead although its instance status check passes. The kernel still answers ARP requests
   * then, so the check is no evidence against the alarm.
   *
   * @internal
   */
  public get _vouches(): boolean {
    return this.config.vouches;
  }

  /**
   * How long one data point of the signal is.
   *
   * @internal
   */
  public get _period(): Duration {
    return this.config.period;
  }

  /**
   * What an alarm on the signal means.
   *
   * @internal
   */
  public get _meaning(): string {
    return this.config.meaning;
  }

  /**
   * When an alarm for the instance goes off.
   *
   * @internal
   */
  public _condition(instance: IInstanceRef) {
    const { heartbeat } = this.config;
    return {
      metric: new Metric({
        namespace: this.config.namespace,
        metricName: this.config.metricName,
        dimensionsMap: { ...this.config.dimensions, InstanceId: instance.instanceRef.instanceId },
        statistic: heartbeat ? Stats.SAMPLE_COUNT : Stats.MAXIMUM,
        period: this.config.period,
      }),
      threshold: 1,
      comparisonOperator: heartbeat ? ComparisonOperator.LESS_THAN_THRESHOLD : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: heartbeat ? TreatMissingData.BREACHING : TreatMissingData.MISSING,
    };
  }
}
