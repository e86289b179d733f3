import { Duration, Names, Stack } from 'aws-cdk-lib';
import { IAlarm, Metric, MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule } from 'aws-cdk-lib/aws-events';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import { ManagedPolicy, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { IBucket } from 'aws-cdk-lib/aws-s3';
import { ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { IStateMachine, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { CrashDumpBucket } from './crash-dump-bucket';
import { CrashDumpResponseProps, DumpContents } from './crash-dump-response-props';
import { LOOK_EVERY } from './dump-states';
import { ResponseFunctions } from './response-functions';
import { ResponseMetric } from './response-metric';
import { ResponseOutcome } from './response-outcome';
import { MOST_GROUPS, shieldStatements, workflowStatements } from './response-permissions';
import { workflowDefinition } from './workflow';
import { FleetWatch } from '../detection/fleet-watch';
import { requireRunbookUrl } from '../detection/require-runbook-url';
import { METRIC_NAMESPACE } from '../interrupt/interrupt-metric';
import { literalSeconds } from '../interrupt/literal-duration';
import { requireImpairedInTime, requireImpairedInTimeOf } from '../interrupt/require-impaired-in-time';
import { requireInstanceAlarm } from '../interrupt/require-instance-alarm';
import { requireSameStack } from '../interrupt/require-same-stack';
import { DUMP_PATH_GRAMMAR, isDumpPath } from '../kdump/dump-path';
import { requireSameEnvironment, requireSameRegion } from '../kdump/same-environment';

const WAITED_FOR = { least: Duration.minutes(10), most: Duration.hours(6) };
// More than all bounds of the states together: of the looks that are answered, those that are not, and the collection.
const LONGEST_EXECUTION = Duration.hours(20);

/**
 * Defines a Step Functions workflow that takes an unresponsive instance from the alarm to the report: it decides as the
 * DiagnosticInterrupt does, keeps Auto Scaling from replacing the instance, sends the interrupt, waits until the instance is back,
 * brings the log of the panicked kernel (and the dump, if asked) to a bucket, gives the instance back, and tells what happened.
 *
 * Whatever fails on the way, the instance is given back and the report says what is missing; also where an execution is stopped by
 * hand, by another one that takes over. An execution that reports a failure fails itself, and `metricFailures` counts it.
 *
 * Start it by alarms (`addAlarm`), by a fleet watch (`addFleetWatch`) or by hand with the input `{"instanceId": "...", "reason": "..."}`. However many
 * executions an incident starts, one of them gets the claim and does all of this; the others end at once.
 *
 * An alarm is either for this or for a `DiagnosticInterruptAction`: with both, whichever is first claims the interrupt.
 *
 * Instances need `curl`, and a route to S3; neither the AWS CLI nor a permission.
 *
 * @resource AWS::StepFunctions::StateMachine
 *
 * @example
 * declare const web: ec2.Instance;
 * declare const interrupt: DiagnosticInterrupt;
 *
 * const response = new CrashDumpResponse(this, 'Response', { interrupt, contents: DumpContents.KERNEL_LOG_AND_VMCORE });
 * response.addAlarm(new UnresponsiveAlarm(this, 'Unresponsive', { instance: web }));
 * response.topic.addSubscription(new subscriptions.EmailSubscription('on-call@example.com'));
 */
export class CrashDumpResponse extends Construct {
  /**
   * The workflow.
   */
  public readonly stateMachine: IStateMachine;

  /**
   * Where kernel logs and dumps are brought to, each incident under `<instance ID>/<time>/`.
   */
  public readonly bucket: IBucket;

  /**
   * Who is told.
   */
  public readonly topic: ITopic;

  private readonly props: CrashDumpResponseProps;
  private readonly reporter: IFunction;

  /**
   * @throws if a time-out is a token or out of its range, the cooldown of the interrupt is not longer than `returnTimeout`, the interrupt
   * is in another stack, the bucket or the topic in another Region, a group there or in another account, there are more than 135 groups, `dumpPath` is no such path,
   * `runbookUrl` no URL or too long, the topic a FIFO topic, or `removeFromInstance` without the dump
   */
  constructor(scope: Construct, id: string, props: CrashDumpResponseProps) {
    super(scope, id);
    this.props = props;
    const { interrupt, encryptionKey } = props;
    if (Stack.of(interrupt) !== Stack.of(this)) {
      throw new Error(`${this.node.path}: its interrupt, ${interrupt.node.path}, is in another stack. Define both in the same.`);
    }
    const returnSeconds = literalSeconds('returnTimeout', props.returnTimeout ?? Duration.hours(2), WAITED_FOR);
    const collectionSeconds = literalSeconds('collectionTimeout', props.collectionTimeout ?? Duration.hours(4), WAITED_FOR);
    if (interrupt._cooldownSeconds <= returnSeconds) {
      throw new Error(`${this.node.path}: returnTimeout is ${returnSeconds} seconds, and the cooldown of ${interrupt.node.path} is ${interrupt._cooldownSeconds};`
        + ' it has to be longer, so that nothing interrupts the instance while it dumps. Raise DiagnosticInterruptProps.cooldown.');
    }
    if (props.dumpPath !== undefined && !isDumpPath(props.dumpPath)) {
      throw new Error(`${this.node.path}: dumpPath is ${JSON.stringify(props.dumpPath)}; ${DUMP_PATH_GRAMMAR} is allowed, no token. Give the same as`
        + ' to the KdumpAssociation (DumpOptions.path).');
    }
    if (props.runbookUrl !== undefined) requireRunbookUrl(props.runbookUrl);
    props.autoScalingGroups?.forEach(each => requireSameEnvironment(this, each));
    [props.bucket, props.topic].forEach(each => each && requireSameRegion(this, each));
    if (props.topic?.fifo) {
      throw new Error(`${this.node.path}: the topic ${props.topic.node.path} is a FIFO topic, which reaches no e-mail address and no chat.`
        + ' Give a standard topic.');
    }
    if (props.removeFromInstance && props.contents !== DumpContents.KERNEL_LOG_AND_VMCORE) {
      throw new Error(`${this.node.path}: removeFromInstance is true and the dump is not brought anywhere; what is removed would be lost.`
        + ' Give contents: DumpContents.KERNEL_LOG_AND_VMCORE, or leave out removeFromInstance.');
    }
    const { length: groups } = props.autoScalingGroups ?? [];
    if (groups > MOST_GROUPS) {
      throw new Error(`${this.node.path}: ${groups} autoScalingGroups were given; up to ${MOST_GROUPS} are allowed, since the policies of the workflow's role are`
        + ' limited. Leave them out and give the groups the tag of the targets, or divide them among several CrashDumpResponses.');
    }
    this.bucket = props.bucket ?? new CrashDumpBucket(this, 'Bucket', { encryptionKey });
    this.topic = props.topic ?? new Topic(this, 'Topic', { enforceSSL: true, masterKey: encryptionKey });
    const mostLooks = Math.ceil(returnSeconds / LOOK_EVERY.toSeconds());
    const functions = new ResponseFunctions(this, props, this.bucket, mostLooks, collectionSeconds);
    this.reporter = functions.report;

    const stateMachine = new StateMachine(this, 'Workflow', {
      comment: 'From an unresponsive instance to its crash dump',
      definitionBody: workflowDefinition(new Construct(this, 'States'), { props, functions, topic: this.topic, mostLooks, collectionSeconds }),
      timeout: LONGEST_EXECUTION,
    });
    const [shield, ...more] = shieldStatements(Stack.of(this), props);
    [...workflowStatements(props), ...shield ? [shield] : []].forEach(each => stateMachine.addToRolePolicy(each));
    // The CDK would divide them by a size that it assumes an ARN to have.
    more.forEach((each, index) => new ManagedPolicy(this, `Shield${index + 2}`, { statements: [each], roles: [stateMachine.role] }));
    interrupt.table.encryptionKey?.grantEncryptDecrypt(stateMachine);
    this.topic.masterKey?.grant(stateMachine, 'kms:Decrypt', 'kms:GenerateDataKey');
    this.stateMachine = stateMachine;
    this.takeOverWhatEnds();
  }

  /**
   * Starts the workflow when an alarm goes off that is about one instance: by its metrics, or, for a composite alarm, by those of its
   * alarms. One on a status check that goes off too early for the interrupt's `minimumImpairedTime` is an error at synth.
   *
   * @param alarm an alarm of the same stack
   * @throws if it is of another stack, names no instance, was given before, or is one more than the 20 that a DiagnosticInterrupt takes
   */
  public addAlarm(alarm: IAlarm): void {
    requireInstanceAlarm(`${this.node.path}.addAlarm`, alarm);
    requireImpairedInTimeOf(this.props.interrupt, alarm);
    this.props.interrupt._readAlarmOfRule(alarm);
    new Rule(this, `On${Names.nodeUniqueId(alarm.node)}`, {
      description: 'An instance is unresponsive',
      eventPattern: {
        source: ['aws.cloudwatch'],
        detailType: ['CloudWatch Alarm State Change'],
        resources: [alarm.alarmArn],
        detail: { state: { value: ['ALARM'] } },
      },
      targets: [this.target()],
    });
  }

  /**
   * Starts the workflow for each instance that a fleet watch finds unresponsive. It ends at once for those that are no targets of the
   * interrupt. Where its `unresponsiveFor` is too short for the interrupt's `minimumImpairedTime`, that is an error at synth.
   *
   * @param watch a watch of the same stack
   * @throws if it is of another stack, or was given before
   */
  public addFleetWatch(watch: FleetWatch): void {
    requireSameStack(this.props.interrupt, watch);
    requireImpairedInTime(this.props.interrupt, watch, watch._unresponsiveSeconds);
    watch.onUnresponsive(watch._ruleIdOf(this.props.interrupt), this.target());
  }

  /**
   * Incidents that were reported.
   *
   * @param outcome counts those alone that ended so
   * @default - of all outcomes, the sum of five minutes
   */
  public metricResponses(outcome?: ResponseOutcome, options?: MetricOptions): Metric {
    return this.metric(ResponseMetric.RESPONSES, { statistic: Stats.SUM, ...options }, outcome === undefined ? {} : { Outcome: outcome });
  }

  /**
   * Workflows that failed: they could not tell, or not do, what they should. One that was stopped or timed out is taken over by another,
   * which fails where there is something to tell. An alarm on it (`createAlarm`) is not defined here: CloudWatch bills each by the
   * month, and whom it wakes is the owner's choice.
   *
   * @default - the sum of five minutes
   */
  public metricFailures(options?: MetricOptions): Metric {
    return this.stateMachine.metricFailed({ period: Duration.minutes(5), ...options });
  }

  /**
   * The sizes of the dumps that were found on instances, whether they were brought or not, in bytes.
   *
   * @default - the largest of five minutes
   */
  public metricDumpBytes(options?: MetricOptions): Metric {
    return this.metric(ResponseMetric.DUMP_BYTES, { statistic: Stats.MAXIMUM, ...options });
  }

  /**
   * The times from interrupts until instances were back, in seconds.
   *
   * @default - the longest of five minutes
   */
  public metricSecondsToReturn(options?: MetricOptions): Metric {
    return this.metric(ResponseMetric.SECONDS_TO_RETURN, { statistic: Stats.MAXIMUM, ...options });
  }

  /**
   * The name by which the reports count.
   *
   * @internal
   */
  public get _reporterName(): string {
    return this.reporter.functionName;
  }

  private metric(metricName: ResponseMetric, options: MetricOptions, dimensions: Record<string, string> = {}): Metric {
    return new Metric({
      namespace: METRIC_NAMESPACE, metricName, dimensionsMap: { service: this.reporter.functionName, ...dimensions }, ...options,
    }).attachTo(this);
  }

  private takeOverWhatEnds(): void {
    new Rule(this, 'OnEnd', {
      description: 'A crash dump response ended before it was done',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: { stateMachineArn: [this.stateMachine.stateMachineArn], status: ['ABORTED', 'FAILED', 'TIMED_OUT'] },
      },
      targets: [this.target()],
    });
  }

  private target(): SfnStateMachine {
    const { failures } = this.props.interrupt;
    // What EventBridge cannot deliver it puts into the queue itself; the policy of the queue lets none but the rules in.
    failures.encryptionMasterKey?.grant(new ServicePrincipal('events.amazonaws.com'), 'kms:Decrypt', 'kms:GenerateDataKey');
    return new SfnStateMachine(this.stateMachine, { deadLetterQueue: failures, maxEventAge: Duration.minutes(5), retryAttempts: 10 });
  }
}
