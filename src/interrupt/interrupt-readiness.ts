import { createHash } from 'node:crypto';
import { CfnResource, CustomResource, Duration, Lazy, Stack } from 'aws-cdk-lib';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { CustomResourceType, HEADROOM_SECONDS, LONGEST_WAIT_SECONDS } from './custom-resource-type';
import { DiagnosticInterrupt } from './diagnostic-interrupt';
import { literalSeconds } from './literal-duration';
import { IKdumpAssociation } from '../kdump/kdump-association';
import { requireSameEnvironment } from '../kdump/same-environment';

const TIMEOUT = { least: Duration.minutes(1), most: Duration.seconds(LONGEST_WAIT_SECONDS) };

/**
 * Properties of an InterruptReadiness.
 */
export interface InterruptReadinessProps {
  /**
   * The interrupt whose targets are checked.
   */
  readonly interrupt: DiagnosticInterrupt;

  /**
   * How long is waited for the instances to become ready. A minute to 55 minutes: CloudFormation waits for an hour at the longest.
   *
   * The association configures an instance when it is created and at each of its checks (every half hour by default), and an instance
   * that is rebooted to arm kdump reports so after the reboot.
   *
   * @default Duration.minutes(15)
   * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-cloudformation-customresource.html
   */
  readonly timeout?: Duration;

  /**
   * Whether kdump must be armed. Set it to false with `RebootPolicy.never()`, where an instance without a crash kernel reservation stays
   * unarmed until somebody reboots it, and the deployment would fail each time.
   *
   * @default true
   */
  readonly requireArmed?: boolean;
}

/**
 * Defines that a deployment fails, with the reason, if its instances could not be interrupted for a dump: better then than in the night
 * when one hangs. Nothing is sent to the instances.
 *
 * Of each running instance among the targets (by tag the first 100 that are found), it is checked that
 * - EC2 can interrupt it: its type is built on Nitro, and it is x86_64;
 * - the function may: a dry run of `SendDiagnosticInterrupt` passes all policies, those of the organization too;
 * - kdump is armed: the last run of the association on it succeeded, not too long ago (see `requireArmed`). Of a program that the same
 *   deployment has changed it may be the run before the change.
 *
 * What cannot change within the deployment fails it at once; the rest is waited for. It is checked when the resource is created, and
 * again when the program that configures kdump, the targets or the policy of the interrupt have changed.
 *
 * A rollback of the stack checks nothing, and `note` says so: what made an update fail is there still, and a rollback that fails leaves a
 * stack in UPDATE_ROLLBACK_FAILED. The function asks CloudFormation for the status of the stack, as it may of this one alone; where it
 * gets no answer, it checks.
 *
 * Where no instance carries the tag, the deployment succeeds and `note` says so: a group may be empty, or get its instances later.
 *
 * The first custom resource of a DiagnosticInterrupt adds the provider framework of the CDK to it: three functions and a state machine.
 *
 * @resource Custom::InterruptReadiness
 *
 * @example
 * declare const diagnostics: CrashDiagnostics;
 *
 * new InterruptReadiness(this, 'Readiness', { interrupt: diagnostics.interrupt, timeout: Duration.minutes(30) });
 */
export class InterruptReadiness extends Construct {
  /**
   * How many instances were checked and found ready.
   *
   * @attribute
   */
  public readonly instances: string;

  /**
   * What the check did not cover: no instance was found, or more than 100, or the stack was rolled back; empty otherwise.
   *
   * @attribute
   */
  public readonly note: string;

  /**
   * @throws if `timeout` is a token or out of its range, or the interrupt is in another account or Region
   */
  constructor(scope: Construct, id: string, props: InterruptReadinessProps) {
    super(scope, id);
    const { interrupt } = props;
    requireSameEnvironment(this, interrupt.function);
    const timeoutSeconds = literalSeconds('timeout', props.timeout ?? Duration.minutes(15), TIMEOUT);
    const resource = new CustomResource(this, 'Resource', {
      resourceType: CustomResourceType.READINESS,
      serviceToken: interrupt._serviceToken(),
      serviceTimeout: Duration.seconds(timeoutSeconds + HEADROOM_SECONDS),
      properties: {
        timeoutSeconds,
        requireArmed: props.requireArmed ?? true,
        // CloudFormation calls a custom resource only if its properties change. The function knows both of these by itself.
        policy: interrupt._policy,
        program: Lazy.string({ produce: () => digestOfProgram(interrupt._kdump) }),
      },
    });
    resource.node.addDependency(interrupt._readStack(this));
    this.instances = resource.getAttString('instances');
    this.note = resource.getAttString('note');
  }
}

/** Empty for an association that is imported or of somebody's own making. */
function digestOfProgram(kdump: IKdumpAssociation): string {
  const contents = kdump.node.findAll()
    .filter(each => CfnResource.isCfnResource(each) && each.cfnResourceType === CfnDocument.CFN_RESOURCE_TYPE_NAME)
    .map(each => Stack.of(each).resolve((each as CfnDocument).content));
  return contents.length > 0 ? createHash('sha256').update(JSON.stringify(contents)).digest('hex').slice(0, 16) : '';
}
