import { CustomResource, Duration, Reference, Token, Tokenization } from 'aws-cdk-lib';
import { IInstanceRef } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { CustomResourceType, HEADROOM_SECONDS, LONGEST_REVISION, TRIGGER_PATIENCE_SECONDS } from './custom-resource-type';
import { DiagnosticInterrupt } from './diagnostic-interrupt';
import { InterruptOccasion } from './interrupt-occasion';
import { requireSameEnvironment } from '../kdump/same-environment';

/**
 * Properties of an InterruptTrigger.
 */
export interface InterruptTriggerProps {
  /**
   * Decides about the interrupt and sends it. The instance must be one of its targets.
   */
  readonly interrupt: DiagnosticInterrupt;

  /**
   * The instance to interrupt.
   */
  readonly instance: IInstanceRef;

  /**
   * On what occasion it is interrupted.
   */
  readonly occasion: InterruptOccasion;

  /**
   * Names this one interrupt: it is asked for once per value, whatever else changes. To have another, give a value that was never given
   * before, such as a date or the number of a ticket. 1 to 128 characters.
   */
  readonly revision: string;
}

/**
 * Defines that an instance is interrupted by a deployment: when the resource is created, and when it is updated with a new `revision`.
 *
 * A revision is asked for at most once. An update with the same revision, a rollback to an earlier one, the same request delivered
 * twice, and the deletion send nothing. Neither does a second creation with a revision that was asked for before, such as after a
 * rollback; give a new one.
 *
 * The decision is that of the DiagnosticInterrupt, in its mode and within its cooldown and circuit breaker. A refusal does not fail the
 * deployment: read what became of it from `decision`, `reason` and `sent`. What time may cure (`EvidenceMissing`, `ImpairedTooShort`) is
 * tried again for three minutes before it is a refusal. The deployment fails if EC2 rejects the interrupt or AWS cannot be asked; then
 * nothing was sent, and the revision can be used again.
 *
 * The instance is not waited for: when the deployment is done, it may still be dumping.
 *
 * The first custom resource of a DiagnosticInterrupt adds the provider framework of the CDK to it: three functions and a state machine.
 *
 * @resource Custom::InterruptTrigger
 *
 * @example
 * declare const web: ec2.Instance;
 * declare const diagnostics: CrashDiagnostics;
 *
 * // Crashes the instance, once.
 * new InterruptTrigger(this, 'GameDay', {
 *   interrupt: diagnostics.interrupt,
 *   instance: web,
 *   occasion: InterruptOccasion.gameDay('Rehearsal of a crash dump'),
 *   revision: '2030-01-31',
 * });
 */
export class InterruptTrigger extends Construct {
  /**
   * `interrupt` or `refuse`; `unknown` where the revision was asked for before and nothing is known of its outcome.
   *
   * @attribute
   */
  public readonly decision: string;

  /**
   * The name of the refusal (InterruptRefusal); empty for an interrupt.
   *
   * @attribute
   */
  public readonly reason: string;

  /**
   * The refusal in words, or what is not known; empty for an interrupt that was sent.
   *
   * @attribute
   */
  public readonly explanation: string;

  /**
   * Whether EC2 accepted the interrupt: `true`, `false`, or `unknown` where no clear answer came.
   *
   * @attribute
   */
  public readonly sent: string;

  /**
   * @throws if `revision` is empty or too long, the instance is known to be none of the targets, or anything is in another account or Region
   */
  constructor(scope: Construct, id: string, props: InterruptTriggerProps) {
    super(scope, id);
    const { interrupt, instance, occasion, revision } = props;
    requireRevision(revision);
    requireSameEnvironment(this, interrupt.function);
    requireSameEnvironment(this, instance);
    this.requireTarget(interrupt, instance);

    const resource = new CustomResource(this, 'Resource', {
      resourceType: CustomResourceType.TRIGGER,
      serviceToken: interrupt._serviceToken(),
      serviceTimeout: Duration.seconds(TRIGGER_PATIENCE_SECONDS + HEADROOM_SECONDS),
      properties: {
        instanceId: instance.instanceRef.instanceId,
        revision,
        alarmArn: occasion._alarm?.alarmArn,
        gameDay: occasion._gameDay,
      },
    });
    if (occasion._alarm) {
      requireSameEnvironment(this, occasion._alarm);
      resource.node.addDependency(interrupt._readAlarm(this, occasion._alarm));
    } else {
      interrupt._allowGameDays();
    }
    this.decision = resource.getAttString('decision');
    this.reason = resource.getAttString('reason');
    this.explanation = resource.getAttString('explanation');
    this.sent = resource.getAttString('sent');
  }

  /** Where all of them are known at synth. A tag, or an ID that is imported, is for the function to judge. */
  private requireTarget(interrupt: DiagnosticInterrupt, instance: IInstanceRef): void {
    const wanted = instance.instanceRef.instanceId;
    const targets = interrupt._targets._instances.map(each => each.instanceRef.instanceId);
    if (targets.length === 0 || targets.includes(wanted) || ![wanted, ...targets].every(isComparable)) return;
    throw new Error(`${this.node.path}: the instance ${instance.node.path} is not among the targets of ${interrupt.node.path}, which are`
      + ` ${interrupt._targets._instances.map(each => each.node.path).join(', ')}. Its function would refuse it (NotATarget) and may not interrupt it: add it to them.`);
  }
}

/** A literal, or a reference to a resource of the app: two different ones are two instances. */
function isComparable(instanceId: string): boolean {
  return !Token.isUnresolved(instanceId) || Reference.isReference(Tokenization.reverseString(instanceId).firstToken);
}

function requireRevision(revision: string): void {
  if (Token.isUnresolved(revision) || (typeof revision === 'string' && revision.trim() !== '' && revision.length <= LONGEST_REVISION)) return;
  throw new Error(`InterruptTrigger: revision ${JSON.stringify(revision)?.slice(0, 150)} was given; 1 to ${LONGEST_REVISION} characters are allowed.`
    + ' Give a value that names this one interrupt, such as a date or the number of a ticket.');
}
