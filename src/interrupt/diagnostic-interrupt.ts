import { Annotations, Duration, Stack } from 'aws-cdk-lib';
import { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IFunction, LoggingFormat } from 'aws-cdk-lib/aws-lambda';
import { ILogGroup, LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { unsupportedInstanceType } from './instance-type-support';
import { instanceTypesOf } from './instance-types-of';
import { InterruptFunction } from './interrupt-function';
import { INTERRUPT_POLICY_VARIABLE, InterruptPolicy } from './interrupt-policy';
import { IKdumpAssociation } from '../kdump/kdump-association';
import { KdumpTargets } from '../kdump/kdump-targets';

/**
 * Whether interrupts are sent.
 */
export enum InterruptMode {
  /** Interrupts are sent when the verdict says so. */
  ARMED = 'armed',
  /** Everything is decided and logged, but no interrupt is sent: each verdict that would be yes becomes the refusal `DryRun`. */
  DRY_RUN = 'dryRun',
}

/**
 * Properties of a DiagnosticInterrupt.
 */
export interface DiagnosticInterruptProps {
  /**
   * The association that configures kdump. An instance is interrupted only if the association's status on it is `Success`.
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
   * The log group that receives one structured line per run, with the evidence and the verdict.
   *
   * @default - a new log group that keeps its lines for six months and is retained when the stack is deleted
   */
  readonly logGroup?: ILogGroup;
}

/**
 * Defines a Lambda function that decides whether an unresponsive instance is to be crashed for a dump, and sends it the EC2
 * diagnostic interrupt if so. Whatever is in doubt, it refuses, by a name that is documented.
 *
 * Give it to an alarm with a `DiagnosticInterruptAction`, or invoke the function with `{"instanceId": "...", "reason": "..."}`.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/diagnostic-interrupt.html
 */
export class DiagnosticInterrupt extends Construct {
  /**
   * The function that decides and sends.
   */
  public readonly function: IFunction;

  /**
   * The log group of the function.
   */
  public readonly logGroup: ILogGroup;

  private readonly role: Role;

  constructor(scope: Construct, id: string, props: DiagnosticInterruptProps) {
    super(scope, id);
    const targets = props.targets ?? props.kdump.targets;
    targets._requireRegionOf(this);
    this.requireInterruptible(targets);

    this.logGroup = props.logGroup ?? new LogGroup(this, 'LogGroup', { retention: RetentionDays.SIX_MONTHS });
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: 'Decides about and sends EC2 diagnostic interrupts',
    });
    this.logGroup.grantWrite(this.role);
    interruptStatements(Stack.of(this), targets).forEach(each => this.role.addToPolicy(each));

    this.function = new InterruptFunction(this, 'Function', {
      description: 'Decides whether an unresponsive instance is interrupted for a crash dump',
      role: this.role,
      logGroup: this.logGroup,
      loggingFormat: LoggingFormat.JSON,
      // Evidence is gathered within 10 seconds; the rest is room for a cold start.
      timeout: Duration.seconds(30),
      memorySize: 512,
      // Lambda tries an asynchronous invocation again after one and after two minutes, each time with fresh evidence; an event
      // that is older than that says nothing about the instance of now.
      retryAttempts: 2,
      maxEventAge: Duration.minutes(5),
      environment: { [INTERRUPT_POLICY_VARIABLE]: this.renderPolicy(props, targets) },
    });
  }

  /**
   * Lets the function look at the present state of the alarm that it acts on.
   *
   * @internal
   */
  public _readAlarm(scope: Construct, alarm: IAlarm): void {
    // A policy of its own in the scope of the alarm: the function depends on its role's default policy and the alarm on the
    // function, so a reference from that policy to the alarm would be a circle.
    new Policy(scope, 'DiagnosticInterruptAlarmPolicy', {
      roles: [this.role],
      statements: [new PolicyStatement({ actions: ['cloudwatch:DescribeAlarms'], resources: [alarm.alarmArn] })],
    });
  }

  private renderPolicy(props: DiagnosticInterruptProps, targets: KdumpTargets): string {
    const policy: InterruptPolicy = {
      mode: props.mode ?? InterruptMode.ARMED,
      targets: targets._tag
        ? { tag: { key: targets._tag.key, values: targets._tag.values } }
        : { instanceIds: targets._instances.map(each => each.instanceRef.instanceId) },
      associationId: props.kdump.associationId,
    };
    return Stack.of(this).toJsonString(policy);
  }

  private requireInterruptible(targets: KdumpTargets) {
    for (const type of instanceTypesOf(targets)) {
      const unsupported = unsupportedInstanceType(type);
      if (unsupported) {
        Annotations.of(this).addError(`${unsupported.reason}: the targets include instances of type ${type}, which cannot be interrupted: `
          + `${unsupported.explanation}. Use a Nitro-based x86 type, or give DiagnosticInterrupt only targets of such types.`);
      }
    }
  }
}

/**
 * What the decision reads and what it may do, as narrow as the service authorization reference allows.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
 */
function interruptStatements(stack: Stack, targets: KdumpTargets): PolicyStatement[] {
  return [
    new PolicyStatement({
      sid: 'ReadEvidence',
      // EC2's Describe actions know no resources.
      actions: ['ec2:DescribeInstances', 'ec2:DescribeInstanceStatus', 'ec2:DescribeInstanceTypes'],
      resources: ['*'],
    }),
    new PolicyStatement({
      sid: 'ReadReadiness',
      actions: ['ssm:DescribeInstanceAssociationsStatus'],
      ...targets._iamScope(stack, 'ssm:resourceTag'),
    }),
    new PolicyStatement({
      sid: 'Interrupt',
      actions: ['ec2:SendDiagnosticInterrupt'],
      ...targets._iamScope(stack, 'aws:ResourceTag'),
    }),
  ];
}
