import { Choice, Condition, CustomState, IChainable, JsonPath, Pass, Succeed } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { awsTask, PATIENT_RETRIES } from './aws-task';

/** The partition key of the records in the table of the claims. */
export const RECORD_KIND = 'incident';

/** What the workflow counts from. */
export const NOTHING_MISSED = { missedLooks: { count: 0 }, missedSteps: { count: 0 } };

/** Each execution has a record of its own: the end of that execution is what is told, by its name. */
const recordOf = (name: string) => ({ kind: { S: RECORD_KIND }, name: { 'S.$': name } });
const OWN = '$$.Execution.Name';
/** This execution was started by the event of the other one's end. */
const OF_ENDED = '$$.Execution.Input.detail.name';

const record = () => ({ ...recordOf(OWN), incident: { 'S.$': 'States.JsonToString($)' } });

/**
 * Writes down what is known of the incident, under the name of the execution. A workflow that is stopped runs no more states; another
 * execution finds there what it has to put right.
 */
export function rememberState(scope: Construct, id: string, tableName: string): CustomState {
  return awsTask(scope, id, { service: 'dynamodb', action: 'putItem', parameters: { TableName: tableName, Item: record() } });
}

/** Deletes the record: nothing is left to be put right. */
export function forgetState(scope: Construct, tableName: string): CustomState {
  return forget(scope, 'Forget', tableName, OWN);
}

/**
 * Takes over from the execution whose end started this one, where that one has left a record, and that record, so that another one can
 * take over from this. Where one that took over from a failed one has failed, too, nobody does: trying on would not end.
 */
export function takeOverStates(scope: Construct, tableName: string, next: IChainable): IChainable {
  const nothingLeft = new Succeed(scope, 'NothingLeft');
  const recall = awsTask(scope, 'Recall', {
    service: 'dynamodb',
    action: 'getItem',
    parameters: { TableName: tableName, Key: recordOf(OF_ENDED), ConsistentRead: true },
    resultPath: '$.recalled',
    // Whoever takes over from this one would look for a record of its own, and find none.
    retry: PATIENT_RETRIES,
  });
  const recollect = new Pass(scope, 'Recollect', {
    parameters: {
      incident: JsonPath.stringToJson(JsonPath.stringAt('$.recalled.Item.incident.S')),
      now: { stopped: JsonPath.stringAt('$.event.detail.status'), ...NOTHING_MISSED },
    },
  });
  const takeOver = new Pass(scope, 'TakeOver', {
    parameters: { merged: JsonPath.jsonMerge(JsonPath.objectAt('$.incident'), JsonPath.objectAt('$.now')) }, outputPath: '$.merged',
  });
  const takeRecord = awsTask(scope, 'TakeRecord', {
    service: 'dynamodb',
    action: 'transactWriteItems',
    parameters: {
      TransactItems: [{ Put: { TableName: tableName, Item: record() } }, { Delete: { TableName: tableName, Key: recordOf(OF_ENDED) } }],
    },
  });
  // Without the record the instance is given back all the same.
  takeRecord.addCatch(next, { resultPath: '$.undelivered.record' });
  const forgetEnded = forget(scope, 'ForgetEnded', tableName, OF_ENDED);
  forgetEnded.addCatch(nothingLeft, { resultPath: JsonPath.DISCARD });
  const failed = (path: string) => Condition.and(Condition.isPresent(path), Condition.stringEquals(path, 'FAILED'));

  takeOver.next(takeRecord).next(next);
  recollect.next(new Choice(scope, 'FailedTwice?')
    .when(Condition.and(failed('$.now.stopped'), failed('$.incident.stopped')), forgetEnded.next(nothingLeft))
    .otherwise(takeOver));
  return recall.next(new Choice(scope, 'AnythingLeft?')
    .when(Condition.isPresent('$.recalled.Item.incident'), recollect)
    .otherwise(nothingLeft));
}

function forget(scope: Construct, id: string, tableName: string, name: string): CustomState {
  return awsTask(scope, id, { service: 'dynamodb', action: 'deleteItem', parameters: { TableName: tableName, Key: recordOf(name) } });
}
