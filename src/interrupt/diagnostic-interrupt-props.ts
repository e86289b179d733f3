import { Duration } from 'aws-cdk-lib';
import { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { IRole } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { CircuitBreaker } from './circuit-breaker';
import { InterruptMode, WhenNotArmed } from './interrupt-mode';
import { UnresponsiveSignal } from '../detection/unresponsive-signal';
import { IKdumpAssociation } from '../kdump/kdump-association';
import { KdumpTargets } from '../kdump/kdump-targets';

/**
 * Properties of a DiagnosticInterrupt.
 */
export interface DiagnosticInterruptProps {
  /**
   * The association that configures kdump, in the same Region. An instance is interrupted only if the association's status on it is `Success`.
   */
  readonly kdump: IKdumpAssociation;

  /**
   * The instances that may be interrupted; the permission is limited to them.
   *
   * @default - the targets of `kdump`
   */
  readonly targets?: KdumpTargets;

  /**
   * Whether interrupts are sent.
   *
   * @default InterruptMode.ARMED
   */
  readonly mode?: InterruptMode;

  /**
   * How many interrupts there may be, of all targets together. Further ones are refused by `CircuitOpen`.
   *
   * @default CircuitBreaker.atMost(1, Duration.hours(1))
   */
  readonly circuitBreaker?: CircuitBreaker;

  /**
   * For how long an instance is not interrupted again; a repeated request is refused by `CoolingDown`. It must be longer than a dump
   * takes, since a second interrupt would hit the kernel that writes it. From a minute to 30 days.
   *
   * @default Duration.hours(6)
   */
  readonly cooldown?: Duration;

  /**
   * What besides EC2's instance status check may prove that an instance is unresponsive. Where an alarm on one of these is in ALARM,
   * the instance is interrupted although it passes the status check.
   *
   * @default - the status check alone
   */
  readonly signals?: UnresponsiveSignal[];

  /**
   * For how long an instance must have failed its instance status check, by what EC2 says since when it does; before, requests are refused
   * by `ImpairedTooShort`, and tried again after one and after two more minutes. Zero to an hour.
   *
   * An alarm or a FleetWatch tells of an instance once, so it must be over at the last try, three minutes later (or earlier, if `maximumEventAge`
   * is shorter): it may be that much longer than `unresponsiveFor` of a FleetWatch, or than all but one of the periods that an alarm on a status
   * check needs. More is an error at synth. Of composite alarms, of those that compute, and of those on other signals it is not known then: keep
   * it as short there, or a hang may never be interrupted. An instance that passes the status check, of which an alarm on one of `signals` says
   * that it is unresponsive, is not asked for how long.
   *
   * @default Duration.minutes(1)
   */
  readonly minimumImpairedTime?: Duration;

  /**
   * How old the event of an alarm may be; older ones are refused by `StaleEvent`. A minute to six hours.
   *
   * @default Duration.minutes(10)
   */
  readonly maximumEventAge?: Duration;

  /**
   * How long ago the association may have run on an instance for its word to count; after that the instance is `KdumpNotArmed`. It
   * should be a multiple of the association's interval. An hour to a year.
   *
   * @default Duration.days(3)
   */
  readonly maximumReadinessAge?: Duration;

  /**
   * What is done about an instance on which kdump is not known to be armed.
   *
   * @default WhenNotArmed.REFUSE
   */
  readonly whenNotArmed?: WhenNotArmed;

  /**
   * Whether bare metal instances are interrupted. They are on EC2's list of types that support the interrupt as part of Nitro, but
   * nothing documents that it works there.
   *
   * @default false
   * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/diagnostic-interrupt.html
   */
  readonly allowBareMetal?: boolean;

  /**
   * The role of the function. It must trust Lambda; the permissions are added to it.
   *
   * @default - a new role with these permissions alone
   */
  readonly role?: IRole;

  /**
   * The log group that receives one structured line per run, with the evidence and the verdict.
   *
   * @default - a new log group that keeps its lines for six months and is retained when the stack is deleted
   */
  readonly logGroup?: ILogGroup;

  /**
   * The key that encrypts the table of the claims and the queue of the failed requests. The policy of an imported key must let the
   * function's role use it (`kms:Decrypt` and `kms:GenerateDataKey`); with a fleet watch also `events.amazonaws.com`, and with a
   * CrashDumpResponse that and the role of the workflow.
   *
   * @default - keys that AWS owns
   */
  readonly encryptionKey?: IKey;

  /**
   * The VPC that the function runs in. It must reach the endpoints of CloudWatch, DynamoDB, EC2 and Systems Manager from there; with an
   * InterruptReadiness also that of CloudFormation, by which it tells a rollback.
   *
   * @default - none
   */
  readonly vpc?: IVpc;

  /**
   * The subnets of `vpc`.
   *
   * @default - private subnets
   */
  readonly vpcSubnets?: SubnetSelection;

  /**
   * The security groups in `vpc`.
   *
   * @default - a new one that allows all outbound traffic
   */
  readonly securityGroups?: ISecurityGroup[];
}
