import { Names } from 'aws-cdk-lib';
import { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { IInstanceRef } from 'aws-cdk-lib/aws-ec2';
import { IBucket } from 'aws-cdk-lib/aws-s3';
import { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { FleetWatch } from './detection/fleet-watch';
import { UnresponsiveAlarm } from './detection/unresponsive-alarm';
import { UnresponsiveSignal } from './detection/unresponsive-signal';
import { CircuitBreaker } from './interrupt/circuit-breaker';
import { DiagnosticInterrupt } from './interrupt/diagnostic-interrupt';
import { DiagnosticInterruptAction } from './interrupt/diagnostic-interrupt-action';
import { InterruptMode } from './interrupt/interrupt-mode';
import { KdumpAssociation } from './kdump/kdump-association';
import { KdumpOptions } from './kdump/kdump-options';
import { KdumpTargets } from './kdump/kdump-targets';
import { RebootPolicy } from './kdump/reboot-policy';
import { CrashDiagnosticsDashboard } from './response/crash-diagnostics-dashboard';
import { CrashDumpResponse } from './response/crash-dump-response';
import { DumpContents } from './response/crash-dump-response-props';

/**
 * Properties of CrashDiagnostics.
 */
export interface CrashDiagnosticsProps extends KdumpOptions {
  /**
   * The instances to make dumpable, to watch and to interrupt. Up to 50 that are known at synth, or 20 where the signal is one that
   * needs an alarm for each; any number by a tag or an Auto Scaling group.
   */
  readonly targets: KdumpTargets;

  /**
   * Whether instances may be rebooted to make a new reservation take effect.
   *
   * @default RebootPolicy.never()
   */
  readonly rebootPolicy?: RebootPolicy;

  /**
   * Whether interrupts are sent.
   *
   * @default InterruptMode.ARMED
   */
  readonly mode?: InterruptMode;

  /**
   * How many interrupts there may be, of all targets together.
   *
   * @default CircuitBreaker.atMost(1, Duration.hours(1))
   */
  readonly circuitBreaker?: CircuitBreaker;

  /**
   * What tells that an instance is unresponsive. Others than the status check need an alarm for each instance, and so targets that are
   * known at synth: `KdumpTargets.instance()` or `KdumpTargets.instances()`.
   *
   * @default UnresponsiveSignal.instanceStatusCheck()
   */
  readonly signal?: UnresponsiveSignal;

  /**
   * Where it is written what to do about an unresponsive instance: an http or https URL of up to 1,024 characters. It stands below the
   * headline of each report, and in the descriptions of the alarms, where 1,024 characters are for all. With `interruptOnly` it is for targets that
   * have alarms.
   *
   * @default - no runbook is named
   */
  readonly runbookUrl?: string;

  /**
   * Whether the interrupt is sent and nothing more: the instance is not kept from being replaced, nothing is collected and
   * nobody is told.
   *
   * @default false
   */
  readonly interruptOnly?: boolean;

  /**
   * What is brought from an instance to the bucket.
   *
   * @default DumpContents.KERNEL_LOG
   */
  readonly contents?: DumpContents;

  /**
   * Where it is brought to, in the same Region. See CrashDumpResponseProps for an imported bucket that has a key.
   *
   * @default - a new CrashDumpBucket
   */
  readonly bucket?: IBucket;

  /**
   * Who is told what happened, in the same Region.
   *
   * @default - a new topic, without subscriptions
   */
  readonly topic?: ITopic;

  /**
   * Whether there is a CloudWatch dashboard.
   *
   * @default false
   */
  readonly dashboard?: boolean;
}

// The alarms that one DiagnosticInterrupt takes.
const MOST_ALARMS = 20;

/**
 * Defines everything that makes EC2 Linux instances leave a crash dump when they hang: kdump on each instance, what notices that one is
 * unresponsive, the diagnostic interrupt that is sent when it is safe, and the workflow that keeps the instance while it dumps, collects
 * what it has written, and reports.
 *
 * One instance has an alarm. At several, or at those that a tag or an Auto Scaling group selects, one FleetWatch looks, so that nothing
 * grows with their number. Where `signal` is another than the status check, each instance has an alarm.
 *
 * An interrupt crashes the instance: what it had not written to disk is lost. It is sent only to an instance that is known to be
 * unresponsive and on which kdump is known to be armed.
 *
 * @example
 * declare const web: ec2.Instance;
 *
 * const diagnostics = new CrashDiagnostics(this, 'CrashDiagnostics', {
 *   targets: KdumpTargets.instance(web),
 *   rebootPolicy: RebootPolicy.inWindow({ days: [DayOfWeek.SUNDAY], start: '02:00', duration: Duration.hours(3) }),
 *   runbookUrl: 'https://wiki.example.com/hung-instance',
 * });
 * diagnostics.response!.topic.addSubscription(new subscriptions.EmailSubscription('on-call@example.com'));
 */
export class CrashDiagnostics extends Construct {
  /**
   * The association that configures kdump.
   */
  public readonly kdump: KdumpAssociation;

  /**
   * The function that decides and sends.
   */
  public readonly interrupt: DiagnosticInterrupt;

  /**
   * The alarm of the one instance, or one for each where `signal` is another than the status check; otherwise none.
   */
  public readonly alarms: IAlarm[];

  /**
   * What looks at several instances, or at a fleet; absent where there are alarms.
   */
  public readonly fleetWatch?: FleetWatch;

  /**
   * The workflow that an unresponsive instance starts; absent with `interruptOnly`.
   */
  public readonly response?: CrashDumpResponse;

  /**
   * The dashboard, where there is to be one.
   */
  public readonly dashboard?: CrashDiagnosticsDashboard;

  /**
   * @throws if `signal` needs an alarm for each instance and they are not known at synth or more than 20, something is given of which
   * `interruptOnly` makes no use, or a construct that it is made of throws
   */
  constructor(scope: Construct, id: string, props: CrashDiagnosticsProps) {
    super(scope, id);
    const { targets, signal } = props;
    const alarmed = instancesWithAlarm(targets, signal);
    this.kdump = new KdumpAssociation(this, 'Kdump', {
      targets,
      crashKernel: props.crashKernel,
      rebootPolicy: props.rebootPolicy,
      dump: props.dump,
    });
    this.interrupt = new DiagnosticInterrupt(this, 'Interrupt', {
      kdump: this.kdump,
      mode: props.mode,
      circuitBreaker: props.circuitBreaker,
      signals: signal && [signal],
    });
    this.response = this.respond(props, alarmed.length > 0);
    this.alarms = alarmed.map(each => this.watch(each, props));
    if (alarmed.length === 0) {
      this.fleetWatch = new FleetWatch(this, 'FleetWatch');
      (this.response ?? this.interrupt).addFleetWatch(this.fleetWatch);
    }
    if (props.dashboard) {
      this.dashboard = new CrashDiagnosticsDashboard(this, 'Dashboard', {
        interrupt: this.interrupt, response: this.response, alarms: this.alarms, fleetWatch: this.fleetWatch,
      });
    }
  }

  private respond(props: CrashDiagnosticsProps, hasAlarms: boolean): CrashDumpResponse | undefined {
    const { interruptOnly, contents, bucket, topic, runbookUrl } = props;
    if (!interruptOnly) {
      return new CrashDumpResponse(this, 'Response', { interrupt: this.interrupt, contents, bucket, topic, runbookUrl, dumpPath: props.dump?.path });
    }
    // An alarm names the runbook without a report, too.
    const ofReports = { contents, bucket, topic, ...hasAlarms ? {} : { runbookUrl } };
    const given = Object.entries(ofReports).filter(([, value]) => value !== undefined).map(([name]) => name);
    if (given.length > 0) {
      throw new Error(`CrashDiagnostics: interruptOnly is true and ${given.join(', ')} given, for which there is no use then. Leave out one or the other.`);
    }
    return undefined;
  }

  private watch(instance: IInstanceRef, { signal, runbookUrl }: CrashDiagnosticsProps): IAlarm {
    const alarm = new UnresponsiveAlarm(this, `Unresponsive${Names.nodeUniqueId(instance.node)}`, { instance, signal, runbookUrl });
    if (this.response) this.response.addAlarm(alarm);
    else alarm.addAlarmAction(DiagnosticInterruptAction.of(this.interrupt));
    return alarm;
  }
}

/**
 * One alarm is simpler than a watch, and several are dearer. A watch sees no other signal than the status check.
 */
function instancesWithAlarm({ _instances: instances }: KdumpTargets, signal?: UnresponsiveSignal): IInstanceRef[] {
  if (!signal?._vouches) return instances.length === 1 ? instances : [];
  if (instances.length === 0) {
    throw new Error('CrashDiagnostics: the targets select instances that are not known at synth, and this signal needs an alarm for each.'
      + ' Use KdumpTargets.instance() or KdumpTargets.instances(), or leave out signal for the instance status check.');
  }
  if (instances.length > MOST_ALARMS) {
    throw new Error(`CrashDiagnostics: ${instances.length} instances were given; ${MOST_ALARMS} are allowed where the signal needs an alarm for each.`
      + ' Divide them among several CrashDiagnostics, each of which counts its interrupts by itself, or leave out signal: one FleetWatch looks at them all then.');
  }
  return instances;
}
