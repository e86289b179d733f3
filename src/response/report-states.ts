import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { ITopic } from 'aws-cdk-lib/aws-sns';
import { Choice, Condition, CustomState, Fail, IChainable, JsonPath, Pass, Succeed, TaskInput } from 'aws-cdk-lib/aws-stepfunctions';
import { EventBridgePutEvents, LambdaInvoke, SnsPublish } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { awsTask, RETRIES } from './aws-task';
import { REPORT_DETAIL_TYPE, SCHEMA_VERSION } from './report-event';
import { ResponseOutcome } from './response-outcome';
import { EVENT_SOURCE } from '../detection/unresponsive-event';

const is = (path: string, value: string) => Condition.and(Condition.isPresent(path), Condition.stringEquals(path, value));
const NOT_RESTORED = is('$.restored.outcome', 'failed');
const WENT_WRONG = Condition.or(
  Condition.isPresent('$.failure'), Condition.isPresent('$.undelivered'), NOT_RESTORED,
  ...['unanswered', 'overdue'].map(progress => is('$.watch.progress', progress)),
);
const NOT_TOLD = Condition.or(...['message', 'event', 'opsItem'].map(way => Condition.isPresent(`$.undelivered.${way}`)));

export interface ReportOptions {
  readonly report: IFunction;
  readonly topic: ITopic;
  readonly opsItems: boolean;
  /** Deletes the record of an incident of which nothing is left to be put right. */
  readonly forget: CustomState;
}

/**
 * Tells what happened: to the topic, to the event bus and, if asked, as an OpsItem. What cannot be delivered on one way goes the others,
 * and the execution fails.
 */
export function reportStates(scope: Construct, { report, topic, opsItems, forget }: ReportOptions): IChainable {
  const compose = new LambdaInvoke(scope, 'ComposeReport', {
    lambdaFunction: report,
    payload: TaskInput.fromObject({ incident: JsonPath.objectAt('$') }),
    payloadResponseOnly: true,
    resultPath: '$.report',
    retryOnServiceExceptions: false,
  }).addRetry(RETRIES);
  const subject = JsonPath.stringAt('$.report.subject');
  const publish = new SnsPublish(scope, 'Publish', {
    topic, subject, message: TaskInput.fromJsonPathAt('$.report.message'), resultPath: JsonPath.DISCARD,
  }).addRetry(RETRIES);
  const announce = new EventBridgePutEvents(scope, 'Announce', {
    entries: [{ detail: TaskInput.fromJsonPathAt('$.report.detail'), detailType: REPORT_DETAIL_TYPE, source: EVENT_SOURCE }],
    resultPath: JsonPath.DISCARD,
  }).addRetry(RETRIES);

  const instanceId = JsonPath.stringAt('$.assessed.instanceId');
  compose.addCatch(new Choice(scope, 'InstanceKnown?')
    .when(Condition.isPresent('$.assessed.instanceId'), composePlainly(
      scope, 'ComposePlainlyOfInstance', JsonPath.format('A crash dump response for {} could not be reported', instanceId), { instanceId },
    ).next(publish))
    .otherwise(composePlainly(scope, 'ComposePlainly', 'A crash dump response could not be reported').next(publish)),
  { resultPath: '$.undelivered.words' });

  const error = 'CrashDumpResponseFailed';
  const end = new Choice(scope, 'WentWell?')
    .when(NOT_TOLD, new Fail(scope, 'NotTold', {
      error, causePath: JsonPath.format('{}. The report could not be sent on every way: see undelivered in the input of this state', subject),
    }))
    .when(WENT_WRONG, new Fail(scope, 'Failed', { error, causePath: '$.report.subject' }))
    .otherwise(new Succeed(scope, 'Done'));
  // The record stays where somebody has to come back: the end of this execution starts another one that finds it.
  const restored = new Choice(scope, 'AnythingToPutRight?').when(NOT_RESTORED, end).otherwise(forget);
  forget.addCatch(end, { resultPath: '$.undelivered.record' });
  forget.next(end);

  const last = opsItems ? opsItem(scope, restored) : restored;
  announce.addCatch(last, { resultPath: '$.undelivered.event' });
  announce.next(last);
  publish.addCatch(announce, { resultPath: '$.undelivered.message' });
  publish.next(announce);
  return compose.next(publish);
}

/** The same as the function makes (report-handler.ts), of what is known without it. */
function composePlainly(scope: Construct, id: string, subject: string, about: { instanceId?: string } = {}): Pass {
  const outcome = ResponseOutcome.FAILED;
  const execution = JsonPath.stringAt('$.execution.arn');
  const message = JsonPath.format('What happened could not be put into words. Look at the execution: {}', execution);
  return new Pass(scope, id, {
    parameters: {
      outcome,
      subject,
      message,
      detail: { version: SCHEMA_VERSION, outcome, ...about, execution },
      opsItem: { title: subject, description: message, severity: '2' },
    },
    resultPath: '$.report',
  });
}

function opsItem(scope: Construct, next: IChainable): IChainable {
  const create = awsTask(scope, 'CreateOpsItem', {
    service: 'ssm',
    action: 'createOpsItem',
    parameters: {
      'Title.$': '$.report.opsItem.title',
      'Description.$': '$.report.opsItem.description',
      'Severity.$': '$.report.opsItem.severity',
      'Source': EVENT_SOURCE,
    },
  });
  create.addCatch(next, { resultPath: '$.undelivered.opsItem' });
  return create.next(next);
}
