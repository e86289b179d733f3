import { Names } from 'aws-cdk-lib';
import { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { UnresponsiveAlarm } from './detection/unresponsive-alarm';
import { DiagnosticInterrupt, InterruptMode } from './interrupt/diagnostic-interrupt';
import { DiagnosticInterruptAction } from './interrupt/diagnostic-interrupt-action';
import { CrashKernel } from './kdump/crash-kernel';
import { DumpOptions } from './kdump/dump-options';
import { KdumpAssociation } from './kdump/kdump-association';
import { KdumpTargets } from './kdump/kdump-targets';
import { RebootPolicy } from './kdump/reboot-policy';

/**
 * Properties of CrashDiagnostics.
 */
export interface CrashDiagnosticsProps {
  /**
   * The instances to make dumpable, to watch and to interrupt: `KdumpTargets.instance()` or `KdumpTargets.instances()`.
   */
  readonly targets: KdumpTargets;

  /**
   * The memory that each instance reserves for the capture kernel.
   *
   * @default CrashKernel.auto()
   */
  readonly crashKernel?: CrashKernel;

  /**
   * Whether instances may be rebooted to make a new reservation take effect.
   *
   * @default RebootPolicy.never()
   */
  readonly rebootPolicy?: RebootPolicy;

  /**
   * What is dumped, and where to.
   *
   * @default - the distribution's own settings, in /var/crash
   */
  readonly dump?: DumpOptions;

  /**
   * Whether interrupts are sent.
   *
   * @default InterruptMode.ARMED
   */
  readonly mode?: InterruptMode;
}

/**
 * Defines everything that makes EC2 Linux instances leave a crash dump when they hang: kdump on each instance, an alarm for
 * each, and the diagnostic interrupt that the alarm sends when it is safe.
 *
 * An interrupt crashes the instance: what it had not written to disk is lost. It is sent only to an instance that answers
 * nothing any more and on which kdump is known to be armed.
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
   * One alarm per instance.
   */
  public readonly alarms: IAlarm[];

  constructor(scope: Construct, id: string, props: CrashDiagnosticsProps) {
    super(scope, id);
    if (props.targets._instances.length === 0) {
      throw new Error('CrashDiagnostics: the targets select instances that are not known at synth, and it defines one alarm per known instance.'
        + ' Use KdumpTargets.instance() or KdumpTargets.instances(); for others, combine KdumpAssociation, DiagnosticInterrupt and alarms of'
        + ' your own with DiagnosticInterruptAction.');
    }
    this.kdump = new KdumpAssociation(this, 'Kdump', {
      targets: props.targets,
      crashKernel: props.crashKernel,
      rebootPolicy: props.rebootPolicy,
      dump: props.dump,
    });
    this.interrupt = new DiagnosticInterrupt(this, 'Interrupt', { kdump: this.kdump, mode: props.mode });
    const action = new DiagnosticInterruptAction(this.interrupt);
    this.alarms = props.targets._instances.map(instance => {
      const alarm = new UnresponsiveAlarm(this, `Unresponsive${Names.nodeUniqueId(instance.node)}`, { instance });
      alarm.addAlarmAction(action);
      return alarm;
    });
  }
}
