import { Duration, Lazy, Names, Stack } from 'aws-cdk-lib';
import { IAlarm, Metric, MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { IRole, Policy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { ILogGroup, LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { AlarmAllowance } from './alarm-allowance';
import { CircuitBreaker } from './circuit-breaker';
import { claimsTable } from './claims-table';
import { deploymentProvider } from './deployment-provider';
import { DiagnosticInterruptProps } from './diagnostic-interrupt-props';
import { failedRequestsQueue } from './failed-requests';
import { InterruptMetric, METRIC_NAMESPACE } from './interrupt-metric';
import { InterruptMode } from './interrupt-mode';
import { alarmStatements, interruptStatements, stackStatement, vpcStatements } from './interrupt-permissions';
import { INTERRUPT_POLICY_VARIABLE } from './interrupt-policy';
import { InterruptRefusal } from './interrupt-refusal';
import { requireOneInterrupt } from './one-interrupt';
import { renderPolicy } from './render-policy';
import { requireImpairedInTime } from './require-impaired-in-time';
import { requireInterruptible } from './require-interruptible';
import { requireSameStack } from './require-same-stack';
import { rolePolicy } from './role-policy';
import { FleetWatch } from '../detection/fleet-watch';
import { HandlerFunction } from '../detection/handler-function';
import { IKdumpAssociation } from '../kdump/kdump-association';
import { KdumpTargets } from '../kdump/kdump-targets';
import { requireSameEnvironment } from '../kdump/same-environment';

/**
 * Defines a Lambda function that decides whether an unresponsive instance is to be crashed for a dump, and sends it the EC2
 * diagnostic interrupt if so. Whatever is in doubt, it refuses, by a name that is documented (InterruptRefusal).
 *
 * Before it sends, it claims the interrupt in a table: however often, and however many at once, an event is delivered, an instance
 * is interrupted once within the cooldown, and never are more instances than the circuit breaker allows. The claims are this construct's
 * own, so an instance must be the target of one DiagnosticInterrupt alone, whatever alarms it has; those in dry run do not count.
 *
 * Give it to up to 20 alarms (fewer, where long names and many targets do not find room in the policies of a role) with a
 * `DiagnosticInterruptAction`, to several instances or a fleet with `addFleetWatch`, or invoke the function with
 * `{"instanceId": "...", "reason": "..."}`.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/diagnostic-interrupt.html
 *
 * @example
 * declare const kdump: KdumpAssociation;
 * declare const alarm: UnresponsiveAlarm;
 *
 * const interrupt = new DiagnosticInterrupt(this, 'Interrupt', {
 *   kdump,
 *   mode: InterruptMode.DRY_RUN, // decides and logs; leave it out once the verdicts are what you want
 *   circuitBreaker: CircuitBreaker.atMost(3, Duration.hours(1)),
 * });
 * alarm.addAlarmAction(DiagnosticInterruptAction.of(interrupt));
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

  /**
   * The table of the claims. Its content matters for as long as cooldown and circuit breaker last, so it is deleted with the stack.
   */
  public readonly table: ITable;

  /**
   * The queue of the requests that failed for good: what decides could not be learned, three times in a row.
   */
  public readonly failures: IQueue;

  /**
   * @internal
   */
  public readonly _kdump: IKdumpAssociation;

  /**
   * @internal
   */
  public readonly _targets: KdumpTargets;

  /**
   * The policy as the function gets it, JSON.
   *
   * @internal
   */
  public readonly _policy: string;

  /**
   * @internal
   */
  public readonly _cooldownSeconds: number;

  /**
   * @internal
   */
  public readonly _minimumImpairedSeconds: number;

  /**
   * @internal
   */
  public readonly _maximumEventAgeSeconds: number;

  private readonly role: IRole;
  private readonly allowance: AlarmAllowance;
  private gameDays = false;
  private serviceToken?: string;

  /**
   * @throws if a duration is a token or out of its range, `kdump` or a target is in another account or Region, a target is that of another
   * DiagnosticInterrupt of the app, or the policy is too large for a variable of Lambda. Types that cannot be interrupted are errors at synth.
   */
  constructor(scope: Construct, id: string, props: DiagnosticInterruptProps) {
    super(scope, id);
    const targets = props.targets ?? props.kdump.targets;
    this._kdump = props.kdump;
    this._targets = targets;
    requireSameEnvironment(this, props.kdump);
    targets._requireEnvironmentOf(this);
    requireInterruptible(this, targets, props.allowBareMetal ?? false);
    if (props.mode !== InterruptMode.DRY_RUN) requireOneInterrupt(this, targets);
    const circuitBreaker = props.circuitBreaker ?? CircuitBreaker.atMost(1, Duration.hours(1));

    const table = claimsTable(this, props.encryptionKey);
    this.table = table;
    this.failures = failedRequestsQueue(this, props.encryptionKey);
    this.logGroup = props.logGroup ?? new LogGroup(this, 'LogGroup', { retention: RetentionDays.SIX_MONTHS });
    this.role = props.role ?? new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: 'Decides about and sends EC2 diagnostic interrupts',
    });
    this.logGroup.grantWrite(this.role);
    table.encryptionKey?.grantEncryptDecrypt(this.role);
    const stack = Stack.of(this);
    const statements = interruptStatements(stack, { kdump: props.kdump, targets, circuitBreaker, tableArn: table.tableArn });
    [...statements, ...props.vpc ? vpcStatements(stack) : []].forEach(each => this.role.addToPrincipalPolicy(each));
    this.allowance = new AlarmAllowance(this, targets, [props.vpc, props.encryptionKey, circuitBreaker._needsFleetSize].filter(each => each).length);

    const policy = renderPolicy(props, targets, circuitBreaker, table.tableName);
    this._cooldownSeconds = policy.claims.cooldownSeconds;
    this._minimumImpairedSeconds = policy.minimumImpairedSeconds;
    this._maximumEventAgeSeconds = policy.maximumEventAgeSeconds;
    this._policy = stack.toJsonString({
      ...policy,
      gameDays: Lazy.any({ produce: () => this.gameDays }),
    });
    this.function = new HandlerFunction(this, 'Function', 'interrupt.handler', {
      description: 'Decides whether an unresponsive instance is interrupted for a crash dump',
      role: this.role,
      logGroup: this.logGroup,
      // Evidence is gathered within 10 seconds, a claim and a throttled call take some; the rest is room for a cold start.
      timeout: Duration.seconds(30),
      memorySize: 512,
      // Lambda tries an asynchronous invocation again after one and after two minutes, each time with fresh evidence; an event
      // that is older than that says nothing about the instance of now.
      retryAttempts: 2,
      maxEventAge: Duration.minutes(5),
      onFailure: new SqsDestination(this.failures),
      vpc: props.vpc,
      vpcSubnets: props.vpcSubnets,
      securityGroups: props.securityGroups,
      environment: { [INTERRUPT_POLICY_VARIABLE]: this._policy },
    });
  }

  /**
   * Has the instances interrupted that a fleet watch finds unresponsive, each by itself. Those that are no targets are refused by
   * `NotATarget`. Where its `unresponsiveFor` is too short for `minimumImpairedTime`, that is an error at synth.
   *
   * @param watch a watch of the same stack
   * @throws if it is of another stack, or was given before
   */
  public addFleetWatch(watch: FleetWatch): void {
    requireSameStack(this, watch);
    requireImpairedInTime(this, watch, watch._unresponsiveSeconds);
    // What EventBridge cannot deliver it puts into the queue itself. Without a condition, which would lead from the key over the rule
    // and the function to the key; the policy of the queue lets none but the rule in.
    this.failures.encryptionMasterKey?.grant(new ServicePrincipal('events.amazonaws.com'), 'kms:Decrypt', 'kms:GenerateDataKey');
    watch.onUnresponsive(watch._ruleIdOf(this), new LambdaFunction(this.function, {
      deadLetterQueue: this.failures,
      maxEventAge: Duration.minutes(5),
      retryAttempts: 10,
    }));
  }

  /**
   * Interrupts that EC2 accepted.
   *
   * @default - the sum of five minutes
   */
  public metricInterruptsSent(options?: MetricOptions): Metric {
    return this.metric(InterruptMetric.SENT, options);
  }

  /**
   * Requests that were refused.
   *
   * @param reason counts those alone whose foremost reason it is
   * @default - of all reasons, the sum of five minutes
   */
  public metricInterruptsRefused(reason?: InterruptRefusal, options?: MetricOptions): Metric {
    return this.metric(InterruptMetric.REFUSED, options, reason === undefined ? {} : { Reason: reason });
  }

  /**
   * Requests that failed, each try by itself.
   *
   * @default - the sum of five minutes
   */
  public metricErrors(options?: MetricOptions): Metric {
    return this.metric(InterruptMetric.ERRORS, options);
  }

  /**
   * Requests that were refused because as many instances as allowed had been interrupted lately.
   *
   * @default - the sum of five minutes
   */
  public metricCircuitOpen(options?: MetricOptions): Metric {
    return this.metric(InterruptMetric.CIRCUIT_OPEN, options);
  }

  /**
   * Requests that failed for good and lie in `failures`. An alarm on it (`createAlarm`) is not defined here: CloudWatch bills each by the
   * month, and whom it wakes is the owner's choice.
   *
   * @default - the most in a minute
   */
  public metricFailures(options?: MetricOptions): Metric {
    return this.failures.metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(1), statistic: Stats.MAXIMUM, ...options });
  }

  /**
   * Lets the function look at the present state of the alarm that it acts on.
   *
   * @internal
   */
  public _readAlarm(scope: Construct, alarm: IAlarm): Policy {
    const id = `Read${Names.nodeUniqueId(this.node)}`;
    if (scope.node.tryFindChild(id)) {
      throw new Error(`${alarm.node.path}: ${this.node.path} has this alarm already; it is allowed once, as a DiagnosticInterruptAction or by`
        + ' addAlarm, since whichever is first claims the interrupt. Leave one of them out.');
    }
    this.allowance.take(alarm);
    // A policy of its own in the scope of the alarm: the function depends on its role's default policy and the alarm on the
    // function, so a reference from that policy to the alarm would be a circle.
    return rolePolicy(scope, id, this.role, alarmStatements(alarm));
  }

  /**
   * The same for an alarm whose rule starts something of this stack.
   *
   * @internal
   */
  public _readAlarmOfRule(alarm: IAlarm): void {
    requireSameStack(this, alarm);
    this._readAlarm(alarm, alarm);
  }

  /**
   * Lets the function learn whether the stack of a custom resource is being rolled back.
   *
   * @internal
   */
  public _readStack(scope: Construct): Policy {
    return rolePolicy(scope, 'ReadStack', this.role, [stackStatement(Stack.of(scope).stackId)]);
  }

  /**
   * Lets a deployment have healthy instances interrupted.
   *
   * @internal
   */
  public _allowGameDays(): void {
    this.gameDays = true;
  }

  /**
   * What custom resources of the function give as their service. One for all of them, and only where there are any.
   *
   * @internal
   */
  public _serviceToken(): string {
    return this.serviceToken ??= deploymentProvider(this, 'Deployment', this.function, this.logGroup).serviceToken;
  }

  private metric(metricName: InterruptMetric, options?: MetricOptions, dimensions: Record<string, string> = {}): Metric {
    return new Metric({
      namespace: METRIC_NAMESPACE,
      metricName,
      dimensionsMap: { service: this.function.functionName, ...dimensions },
      statistic: Stats.SUM,
      ...options,
    }).attachTo(this);
  }
}
