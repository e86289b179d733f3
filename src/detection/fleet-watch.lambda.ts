import { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { EC2Client, InstanceStatus, paginateDescribeInstanceStatus } from '@aws-sdk/client-ec2';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { TABLE_NAME_VARIABLE, UNRESPONSIVE_SECONDS_VARIABLE } from './fleet-watch-variables';
import { Impaired, isForAwsToRecover, isToBeForgotten, newlyUnresponsive, remembered, Told } from './newly-unresponsive';
import { EVENT_SOURCE, UNRESPONSIVE_DETAIL_TYPE, UnresponsiveDetail } from './unresponsive-event';

// The next look comes in a minute: an answer that takes longer than some seconds is better asked for again.
const CLIENT = { maxAttempts: 3, requestHandler: { connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true } };
const ec2 = new EC2Client(CLIENT);
const events = new EventBridgeClient(CLIENT);
const dynamoDb = new DynamoDBClient(CLIENT);

const watch = process.env.AWS_LAMBDA_FUNCTION_NAME ?? 'fleet-watch';
const logger = new Logger({ serviceName: watch });

/** A page of DescribeInstanceStatus has no more. */
const PAGE_SIZE = 1000;
/** PutEvents takes no more at once. */
const ENTRIES = 10;
/** Of more at once there is no room to remember in one item, of 400 KB. */
const MOST_INSTANCES = 5000;
/** The one item of the table. */
const TOLD_KEY = { name: { S: 'told' } };

/** Events that EventBridge did not take; the next look tells of the same instances again. */
class EventsNotTakenError extends Error {
  public readonly name = 'EventsNotTaken';
}

interface Failing {
  /** Those that fail by themselves, the longest first. */
  readonly impaired: Impaired[];
  /** Those that are AWS's to recover. */
  readonly awsImpaired: string[];
}

/**
 * One look at all instances of the Region. An instance is told of once for as long as it fails its status check and AWS's side is well;
 * more often only if it cannot be remembered that it was told of.
 */
export async function handler(): Promise<{ readonly impaired: number; readonly told: string[] }> {
  const unresponsiveSeconds = Number(variable(UNRESPONSIVE_SECONDS_VARIABLE));
  if (!(unresponsiveSeconds > 0)) throw new Error(`${UNRESPONSIVE_SECONDS_VARIABLE} must be a number of seconds; it is ${variable(UNRESPONSIVE_SECONDS_VARIABLE)}.`);
  const TableName = variable(TABLE_NAME_VARIABLE);
  const { impaired, awsImpaired } = await readFailing();
  if (impaired.length === 0 && awsImpaired.length === 0) return { impaired: 0, told: [] };

  const now = new Date();
  const told = await readTold(TableName);
  const unresponsive = newlyUnresponsive(impaired, told, unresponsiveSeconds, now);
  if (unresponsive.length === 0 && !isToBeForgotten(awsImpaired, told)) return { impaired: impaired.length, told: [] };

  const { taken, errors } = await tell(unresponsive);
  await writeTold(TableName, remembered(impaired, told, taken, now));
  if (errors.length > 0) throw new EventsNotTakenError(`${unresponsive.length - taken.length} of ${unresponsive.length} events: ${errors[0]}`);
  return { impaired: impaired.length, told: taken.map(({ instanceId }) => instanceId) };
}

async function readFailing(): Promise<Failing> {
  const impaired: Impaired[] = [];
  const awsImpaired: string[] = [];
  const Filters = [{ Name: 'instance-status.status', Values: ['impaired'] }];
  for await (const { InstanceStatuses = [] } of paginateDescribeInstanceStatus({ client: ec2, pageSize: PAGE_SIZE }, { Filters })) {
    for (const status of InstanceStatuses) {
      const { InstanceId: instanceId, SystemStatus, AttachedEbsStatus } = status;
      const since = failingSince(status);
      if (instanceId && isForAwsToRecover(SystemStatus?.Status, AttachedEbsStatus?.Status)) awsImpaired.push(instanceId);
      else if (instanceId && since) impaired.push({ instanceId, since });
      else logger.warn('ImpairedSinceMissing', { instanceId });
    }
  }
  impaired.sort((one, other) => one.since.getTime() - other.since.getTime());
  return { impaired: impaired.slice(0, MOST_INSTANCES), awsImpaired };
}

function failingSince({ InstanceStatus: check }: InstanceStatus): Date | undefined {
  return check?.Details?.find(({ Status, ImpairedSince }) => Status === 'failed' && ImpairedSince)?.ImpairedSince;
}

async function readTold(TableName: string): Promise<Told> {
  const { Item } = await dynamoDb.send(new GetItemCommand({ TableName, Key: TOLD_KEY, ConsistentRead: true }));
  return Object.fromEntries(Object.entries(Item?.instances?.M ?? {}).map(([instanceId, at]) => [instanceId, at.S ?? '']));
}

async function writeTold(TableName: string, told: Told): Promise<void> {
  const M = Object.fromEntries(Object.entries(told).map(([instanceId, at]) => [instanceId, { S: at }]));
  await dynamoDb.send(new PutItemCommand({ TableName, Item: { ...TOLD_KEY, instances: { M } } }));
}

async function tell(unresponsive: Impaired[]): Promise<{ readonly taken: Impaired[]; readonly errors: string[] }> {
  const taken: Impaired[] = [];
  const errors: string[] = [];
  for (let first = 0; first < unresponsive.length; first += ENTRIES) {
    const batch = unresponsive.slice(first, first + ENTRIES);
    const { Entries = [] } = await events.send(new PutEventsCommand({ Entries: batch.map(entryOf) }));
    const takenNow = batch.filter((_, index) => Entries[index]?.EventId);
    taken.push(...takenNow);
    errors.push(...batch.flatMap((_, index) => Entries[index]?.EventId ? [] : [`${Entries[index]?.ErrorCode}: ${Entries[index]?.ErrorMessage}`]));
    logger.warn('InstancesUnresponsive', { instances: takenNow });
  }
  return { taken, errors };
}

function entryOf({ instanceId, since }: Impaired) {
  const detail: UnresponsiveDetail = { version: 1, watch, instanceId, impairedSince: since.toISOString() };
  return { Source: EVENT_SOURCE, DetailType: UNRESPONSIVE_DETAIL_TYPE, Detail: JSON.stringify(detail) };
}

function variable(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} must be set; it is ${value === undefined ? 'not there' : 'empty'}.`);
  return value;
}
