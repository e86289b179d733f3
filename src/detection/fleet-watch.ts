import { Duration, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { IRule, IRuleTarget, Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IFunction, SystemLogLevel } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { evaluationPeriods } from './evaluation-periods';
import { TABLE_NAME_VARIABLE, UNRESPONSIVE_SECONDS_VARIABLE } from './fleet-watch-variables';
import { HandlerFunction } from './handler-function';
import { EVENT_SOURCE, UNRESPONSIVE_DETAIL_TYPE } from './unresponsive-event';

/**
 * Properties of a FleetWatch.
 */
export interface FleetWatchProps {
  /**
   * For how long an instance must have failed its instance status check without a break: whole minutes, up to three hours.
   *
   * A reboot fails the check as well: with less time than the instances' reboots take, reboots are taken for hangs.
   *
   * @default Duration.minutes(3)
   */
  readonly unresponsiveFor?: Duration;
}

const EVERY = Duration.minutes(1);
const LONGEST_MINUTES = 3 * 60;

/**
 * Defines a function that looks at all instances of the account and Region once a minute, whether they are there already or come later,
 * and tells of each that fails its EC2 instance status check: by an event of EventBridge, once for as long as it fails.
 * `onUnresponsive` hands those events to a target. Nothing grows with the number of instances, neither resources nor costs: some 10 cents
 * a month.
 *
 * It watches every instance of the Region, whoever it belongs to. Whoever acts on its events has to know which instances are its own:
 * DiagnosticInterrupt refuses all but its targets, as `NotATarget`.
 *
 * It notices nothing but a failed instance status check: an instance whose user space alone is stuck needs an UnresponsiveAlarm with
 * another signal. An instance whose system status check fails too, or of which an attached EBS volume is impaired, is AWS's to recover: it
 * is told of when that is over, if it still fails then, and once more if it was told of before.
 *
 * To silence it, disable `schedule` (`aws events disable-rule`). A watch that does not look tells of nothing, and says nothing either. Looks that
 * fail are counted by `metricFailures`; those that are not made at all, since Lambda throttles the function or nobody calls it, are nowhere
 * but missing from `function.metricInvocations()`.
 *
 * An event is delivered at least once, in the form
 *
 * ```json
 * {
 *   "source": "cdk-diagnostic-interrupt",
 *   "detail-type": "EC2 Instance Unresponsive",
 *   "detail": { "version": 1, "watch": "<name of the function>", "instanceId": "i-...", "impairedSince": "2026-01-02T03:04:05.000Z" }
 * }
 * ```
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceStatus.html
 *
 * @example
 * const kdump = new KdumpAssociation(this, 'Kdump', { targets: KdumpTargets.tag('Kdump', 'on') });
 * const interrupt = new DiagnosticInterrupt(this, 'Interrupt', { kdump });
 *
 * interrupt.addFleetWatch(new FleetWatch(this, 'FleetWatch', { unresponsiveFor: Duration.minutes(5) }));
 */
export class FleetWatch extends Construct {
  /**
   * The function that looks.
   */
  public readonly function: IFunction;

  /**
   * The rule that has it look, each minute.
   */
  public readonly schedule: IRule;

  /**
   * For how long an instance has failed its check when it is told of, at least.
   *
   * @internal
   */
  public readonly _unresponsiveSeconds: number;

  /**
   * @throws if `unresponsiveFor` is a token or not of whole minutes up to three hours
   */
  constructor(scope: Construct, id: string, props: FleetWatchProps = {}) {
    super(scope, id);
    const minutes = evaluationPeriods(props.unresponsiveFor ?? Duration.minutes(3), EVERY, LONGEST_MINUTES);
    this._unresponsiveSeconds = minutes * EVERY.toSeconds();
    const table = new Table(this, 'Told', {
      partitionKey: { name: 'name', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const logGroup = new LogGroup(this, 'LogGroup', { retention: RetentionDays.SIX_MONTHS });
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: 'Looks for unresponsive instances, and tells of them',
    });
    logGroup.grantWrite(role);
    watchStatements(Stack.of(this), table.tableArn).forEach(each => role.addToPolicy(each));
    const watch = new HandlerFunction(this, 'Function', 'fleet-watch.handler', {
      description: 'Looks for unresponsive instances, each minute',
      role,
      logGroup,
      // One look is over before the next one begins, and is not repeated, nor made up for when it was throttled: the next one sees as much.
      timeout: Duration.seconds(50),
      retryAttempts: 0,
      maxEventAge: EVERY,
      memorySize: 256,
      // Of 44,000 looks a month nobody needs to read that they began and ended.
      systemLogLevelV2: SystemLogLevel.WARN,
      environment: {
        [UNRESPONSIVE_SECONDS_VARIABLE]: String(this._unresponsiveSeconds),
        [TABLE_NAME_VARIABLE]: table.tableName,
      },
    });
    this.function = watch;
    this.schedule = new Rule(this, 'Schedule', {
      description: 'Has the instances looked at',
      schedule: Schedule.rate(EVERY),
      targets: [new LambdaFunction(watch, { maxEventAge: EVERY, retryAttempts: 0 })],
    });
  }

  /**
   * Defines an EventBridge rule that sends the target an event for each instance that becomes unresponsive.
   *
   * EventBridge tries again for a day if the target does not take the event, and drops it then: give the target a dead-letter queue.
   *
   * @param id the id of the rule, within the watch
   * @param target what gets the events, such as a `LambdaFunction` of aws-cdk-lib/aws-events-targets; it may refer to `function`, but not to
   * `schedule`, which waits for the rule
   * @returns the rule
   */
  public onUnresponsive(id: string, target: IRuleTarget): Rule {
    const rule = new Rule(this, id, {
      description: 'An instance has become unresponsive',
      eventPattern: {
        source: [EVENT_SOURCE],
        detailType: [UNRESPONSIVE_DETAIL_TYPE],
        detail: { watch: [this.function.functionName] },
      },
      targets: [target],
    });
    // The target may take minutes to be created. What is told before the rule is there is lost: each instance is told of once.
    this.schedule.node.addDependency(rule);
    return rule;
  }

  /**
   * Looks that failed: instances may have become unresponsive, and nobody was told. An alarm on it (`createAlarm`) is not defined here:
   * whom it wakes is the owner's choice.
   *
   * They are the function's `Errors`, which count nothing where the function does not run: not the looks that Lambda throttles, nor those
   * for which it is never called. An alarm that finds less than one of `function.metricInvocations()`, where missing data breaches, sees these,
   * and a `schedule` that is disabled.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
   * @default - the sum of five minutes
   */
  public metricFailures(options?: MetricOptions): Metric {
    return this.function.metricErrors(options);
  }

  /**
   * The id of the one rule that may hand the events to a DiagnosticInterrupt, or to a workflow of it.
   *
   * @internal
   */
  public _ruleIdOf(interrupt: Construct): string {
    const id = `To${Names.nodeUniqueId(interrupt.node)}`;
    if (this.node.tryFindChild(id)) {
      throw new Error(`${this.node.path}: ${interrupt.node.path} has this watch already; it is allowed once, by addFleetWatch of it or of its`
        + ' CrashDumpResponse, since whichever is first claims the interrupt. Leave one of them out.');
    }
    return id;
  }
}

/**
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
 */
function watchStatements(stack: Stack, tableArn: string): PolicyStatement[] {
  return [
    // EC2's Describe actions know no resources.
    new PolicyStatement({ sid: 'Look', actions: ['ec2:DescribeInstanceStatus'], resources: ['*'] }),
    new PolicyStatement({ sid: 'Remember', actions: ['dynamodb:GetItem', 'dynamodb:PutItem'], resources: [tableArn] }),
    new PolicyStatement({
      sid: 'Tell',
      actions: ['events:PutEvents'],
      resources: [stack.formatArn({ service: 'events', resource: 'event-bus', resourceName: 'default' })],
      conditions: {
        'ForAllValues:StringEquals': { 'events:source': EVENT_SOURCE, 'events:detail-type': UNRESPONSIVE_DETAIL_TYPE },
        // Which is true of no value at all, too.
        'Null': { 'events:source': 'false', 'events:detail-type': 'false' },
      },
    }),
  ];
}
