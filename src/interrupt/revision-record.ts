import { randomUUID } from 'node:crypto';
import { ConditionalCheckFailedException, DeleteItemCommand, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { IncompleteAnswerError } from './answers';
import { dynamoDb } from './clients';

/**
 * A third kind of item in the table of the claims: that a revision of an InterruptTrigger was asked for, and what became of it. It has
 * no `expiresAt`, since a rollback may come back to a revision at any time.
 */
const REVISION = 'revision';

export type Attributes = Record<string, string>;

/** The only try there is at a time. */
export interface Try {
  readonly id: string;
  readonly key: { readonly kind: { readonly S: string }; readonly name: { readonly S: string } };
  readonly tableName: string;
}

export interface RevisionRecord {
  readonly begunAt: Date;
  /** Absent while the try is under way, and for good when the function ended before it could write them. */
  readonly attributes?: Attributes;
}

/** Begins a try, or gives the record of the one that there was; undefined when that has just been taken back. */
export async function begin(resource: string, revision: string, tableName: string): Promise<Try | RevisionRecord | undefined> {
  const mine: Try = { id: randomUUID(), key: { kind: { S: REVISION }, name: { S: `${resource}/${revision}` } }, tableName };
  try {
    await dynamoDb.send(new PutItemCommand({
      TableName: tableName,
      Item: { ...mine.key, attempt: { S: mine.id }, begunAt: { N: now() } },
      ConditionExpression: 'attribute_not_exists(kind)',
    }));
    return mine;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return read(mine);
  }
}

/** What became of a revision, without trying it. */
export async function recordOf(resource: string, revision: string, tableName: string): Promise<RevisionRecord | undefined> {
  const found = await read({ id: '', key: { kind: { S: REVISION }, name: { S: `${resource}/${revision}` } }, tableName });
  return found && 'begunAt' in found ? found : undefined;
}

async function read(mine: Try): Promise<Try | RevisionRecord | undefined> {
  const { Item } = await dynamoDb.send(new GetItemCommand({ TableName: mine.tableName, Key: mine.key, ConsistentRead: true }));
  if (!Item) return undefined;
  // The SDK may have put it twice, because the first answer was lost.
  if (Item.attempt?.S === mine.id) return mine;
  const begunAt = new Date(Number(Item.begunAt?.N ?? NaN) * 1000);
  if (Number.isNaN(begunAt.getTime())) throw new IncompleteAnswerError('a revision has no begunAt');
  return { begunAt, ...Item.attributes?.S && { attributes: JSON.parse(Item.attributes.S) as Attributes } };
}

export async function record({ id, key, tableName }: Try, attributes: Attributes): Promise<void> {
  await dynamoDb.send(new PutItemCommand({
    TableName: tableName,
    Item: { ...key, attempt: { S: id }, begunAt: { N: now() }, attributes: { S: JSON.stringify(attributes) } },
    ConditionExpression: 'attempt = :mine',
    ExpressionAttributeValues: { ':mine': { S: id } },
  }));
}

/** Takes a try back by which nothing was sent, for certain: the revision can be asked for again. */
export async function forget({ id, key, tableName }: Try): Promise<void> {
  await dynamoDb.send(new DeleteItemCommand({
    TableName: tableName,
    Key: key,
    // The SDK tries again when an answer is lost: what is gone is no obstacle to it.
    ConditionExpression: 'attribute_not_exists(kind) OR attempt = :mine',
    ExpressionAttributeValues: { ':mine': { S: id } },
  }));
}

function now(): string {
  return String(Math.floor(Date.now() / 1000));
}
