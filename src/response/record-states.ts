import { Chain, Choice, Condition, CustomState, IChainable, JsonPath, Pass, Succeed } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { awsTask } from './aws-task';

/** The partition key of the records in the table of the claims. */
export const RECORD_KIND = 'incident';

/** What the workflow counts from. */
export const NOTHING_MISSED = { missedLooks: { count: 0 }, missedSteps: { count: 0 } };

/**
 * Writes down what is known of the incident, under the name of the execution. A workflow that is stopped runs no more states; another
 * execution finds there what it has to put right.
 */
export function rememberState(scope: Construct, id: string, tableName: string): CustomState {
  return awsTask(scope, id, {
    service: 'dynamodb',
    action: 'putItem',
    parameters: {
      TableName: tableName,
      Item: { kind: { S: RECORD_KIND }, name: { 'S.$': '$.execution.name' }, incident: { 'S.$': 'States.JsonToString($)' } },
    },
  });
}

/** Deletes the record: nothing is left to be put right. */
export function forgetState(scope: Construct, tableName: string): CustomState {
  return awsTask(scope, 'Forget', {
    service: 'dynamodb',
    action: 'deleteItem',
    parameters: { TableName: tableName, Key: { kind: { S: RECORD_KIND }, name: { 'S.$': '$.execution.name' } } },
  });
}

/**
 * Takes over from the execution whose end started this one, where that one has left a record.
 */
export function takeOverStates(scope: Construct, tableName: string, next: IChainable): IChainable {
  const recollect = new Pass(scope, 'Recollect', {
    parameters: {
      incident: JsonPath.stringToJson(JsonPath.stringAt('$.recalled.Item.incident.S')),
      now: { stopped: JsonPath.stringAt('$.event.detail.status'), ...NOTHING_MISSED },
    },
  });
  const takeOver = new Pass(scope, 'TakeOver', {
    parameters: { merged: JsonPath.jsonMerge(JsonPath.objectAt('$.incident'), JsonPath.objectAt('$.now')) }, outputPath: '$.merged',
  });
  const recall = awsTask(scope, 'Recall', {
    service: 'dynamodb',
    action: 'getItem',
    parameters: {
      TableName: tableName, Key: { kind: { S: RECORD_KIND }, name: { 'S.$': '$.event.detail.name' } }, ConsistentRead: true,
    },
    resultPath: '$.recalled',
  });
  return recall.next(new Choice(scope, 'AnythingLeft?')
    .when(Condition.isPresent('$.recalled.Item.incident'), Chain.start(recollect).next(takeOver).next(next))
    .otherwise(new Succeed(scope, 'NothingLeft')));
}
