import { randomInt, randomUUID } from 'node:crypto';
import {
  AttributeValue, CancellationReason, ConditionalCheckFailedException, DeleteItemCommand, GetItemCommand, QueryCommand, TransactionCanceledException,
  TransactWriteItem, TransactWriteItemsCommand, UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { IncompleteAnswerError, ReadOptions } from './answers';
import { dynamoDb } from './clients';
import { ClaimFacts } from './facts';
import { ClaimPolicy, MOST_SLOTS } from './interrupt-policy';

/**
 * The table's two kinds of items, by partition key `kind` and sort key `name`: `instance` with the instance's ID, and `breaker` with
 * the number of a slot. Each is void from `expiresAt` on (epoch seconds; DynamoDB deletes it within days, so nothing relies on that).
 */
const INSTANCE = 'instance';
const BREAKER = 'breaker';

/** How often a transaction that met another one is tried again; each try is preceded by a pause at random. */
const MOST_CONFLICTS = 8;
const LONGEST_PAUSE_MS = 50;

/** The right to interrupt an instance. */
export interface Claim {
  /** A UUID. */
  readonly id: string;
  readonly instanceId: string;
  readonly slot: number;
}

export type ClaimOutcome = Claim | { readonly refused: 'CoolingDown' | 'CircuitOpen' };

/** Other claims were in the way all the time, so that it is not known whether there would have been room. */
export class ClaimConflictError extends Error {
  public readonly name = 'ClaimConflict';
}

/**
 * @param claimId the claim that is not in its own way
 */
export async function readClaims(
  instanceId: string, { tableName, cooldownSeconds }: ClaimPolicy, options: ReadOptions, claimId?: string,
): Promise<ClaimFacts> {
  const [mine, slots] = await Promise.all([
    dynamoDb.send(new GetItemCommand({ TableName: tableName, Key: keyOf(INSTANCE, instanceId), ConsistentRead: true }), options),
    dynamoDb.send(new QueryCommand({
      TableName: tableName,
      KeyConditionExpression: 'kind = :breaker',
      ExpressionAttributeValues: { ':breaker': { S: BREAKER } },
      ConsistentRead: true,
      Limit: MOST_SLOTS + 1,
    }), options),
  ]);
  const { Items, LastEvaluatedKey } = slots;
  if (!Items || LastEvaluatedKey) throw new IncompleteAnswerError('not all slots of the breaker are in it');
  const isOwn = (item: Record<string, AttributeValue>) => claimId !== undefined && item.claim?.S === claimId;
  const others = Items.filter(item => !isOwn(item) && isAhead(expiryOf(item.expiresAt?.N)));
  // The two answers are of two moments: a claim for the instance that was made between them is in the second alone.
  const claimedLately = others.find(item => item.instanceId?.S === instanceId);
  const cooldownUntil = mine.Item ? expiryOf(mine.Item.expiresAt?.N) : claimedLately && expiryOf(claimedLately.claimedAt?.N, cooldownSeconds);
  return {
    takenSlots: others.map(item => slotOf(item.name?.S)),
    ...mine.Item && isOwn(mine.Item)
      ? { held: { id: claimId!, instanceId, slot: slotOf(mine.Item.slot?.S) }, spent: Number(mine.Item.attempts?.N ?? 0) }
      : cooldownUntil && isAhead(cooldownUntil) && { cooldownUntil: cooldownUntil.toISOString() },
  };
}

/**
 * Claims an interrupt: the instance and one of the free slots, both or none. Whoever comes second for either is refused, so that of
 * several deliveries at once one gets it. A claim that is never used, because the function ends before the call, is lost and harms
 * nobody.
 *
 * @param id what the claim is to be known by. @default - a new one
 */
export async function claim(instanceId: string, free: number[], policy: ClaimPolicy, id: string = randomUUID()): Promise<ClaimOutcome> {
  const slots = shuffled(free);
  let conflicts = 0;
  while (slots.length > 0) {
    const [slot] = slots;
    const mine = { id, instanceId, slot };
    const reasons = await tryToClaim(mine, policy);
    if (!reasons) return mine;
    const [ofInstance, ofSlot] = reasons.map(reason => reason.Code);
    if (ofInstance === 'ConditionalCheckFailed') return { refused: 'CoolingDown' };
    if (ofSlot === 'ConditionalCheckFailed') {
      slots.shift();
    } else if (++conflicts >= MOST_CONFLICTS) {
      throw new ClaimConflictError(`${conflicts} other transactions came in between: ${ofInstance}, ${ofSlot}`);
    } else {
      await new Promise(resolve => setTimeout(resolve, randomInt(LONGEST_PAUSE_MS)));
    }
  }
  return { refused: 'CircuitOpen' };
}

/** The reasons why the transaction was cancelled, in the order of its items; undefined when it was carried out. */
async function tryToClaim(mine: Claim, policy: ClaimPolicy): Promise<CancellationReason[] | undefined> {
  const now = Math.floor(Date.now() / 1000);
  const put = (kind: string, name: string, expiresAt: number, more: Record<string, AttributeValue> = {}): TransactWriteItem => ({
    Put: {
      TableName: policy.tableName,
      Item: {
        ...keyOf(kind, name),
        claim: { S: mine.id },
        instanceId: { S: mine.instanceId },
        claimedAt: { N: String(now) },
        expiresAt: { N: String(expiresAt) },
        ...more,
      },
      ConditionExpression: 'attribute_not_exists(kind) OR expiresAt <= :now',
      ExpressionAttributeValues: { ':now': { N: String(now) } },
    },
  });
  try {
    await dynamoDb.send(new TransactWriteItemsCommand({
      // With the token the SDK may try again when an answer is lost: what was carried out is not carried out twice.
      ClientRequestToken: randomUUID(),
      TransactItems: [
        put(INSTANCE, mine.instanceId, now + policy.cooldownSeconds, { slot: { S: nameOf(mine.slot) }, attempts: { N: '0' } }),
        put(BREAKER, nameOf(mine.slot), now + policy.windowSeconds),
      ],
    }));
    return undefined;
  } catch (error) {
    if (error instanceof TransactionCanceledException && error.CancellationReasons?.length === 2) return error.CancellationReasons;
    throw error;
  }
}

/**
 * Takes one of the interrupts that a claim is good for, before it is sent: whoever asks for the same one again, because an answer was
 * lost, does not get it.
 *
 * @param attempt 1 for the first interrupt, 2 for the second
 * @returns whether it was there to be taken
 */
export function spend(mine: Claim, attempt: number, policy: ClaimPolicy): Promise<boolean> {
  return setAttempts(mine, attempt - 1, attempt, policy);
}

/** Puts an interrupt back that was surely not sent. */
export function unspend(mine: Claim, attempt: number, policy: ClaimPolicy): Promise<boolean> {
  return setAttempts(mine, attempt, attempt - 1, policy);
}

async function setAttempts({ id, instanceId }: Claim, from: number, to: number, { tableName }: ClaimPolicy): Promise<boolean> {
  try {
    await dynamoDb.send(new UpdateItemCommand({
      TableName: tableName,
      Key: keyOf(INSTANCE, instanceId),
      UpdateExpression: 'SET attempts = :to, changedBy = :call',
      // The SDK tries again when an answer is lost: what this very call has changed is no obstacle to it.
      ConditionExpression: 'claim = :mine AND (attempts = :from OR changedBy = :call)',
      ExpressionAttributeValues: {
        ':mine': { S: id }, ':from': { N: String(from) }, ':to': { N: String(to) }, ':call': { S: randomUUID() },
      },
    }));
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

/**
 * Gives a claim back of which no use was made, for certain.
 *
 * @param spent how many interrupts were taken of it in vain. Another number means that somebody else took one
 * @returns whether it was given back
 */
export async function release({ id, instanceId, slot }: Claim, spent: number, { tableName }: ClaimPolicy): Promise<boolean> {
  const remove = (kind: string, name: string, condition: string, values: Record<string, AttributeValue>) => dynamoDb.send(new DeleteItemCommand({
    TableName: tableName,
    Key: keyOf(kind, name),
    // The SDK tries again when an answer is lost: what is gone is no obstacle to it.
    ConditionExpression: `attribute_not_exists(kind) OR ${condition}`,
    ExpressionAttributeValues: { ':mine': { S: id }, ...values },
  }));
  try {
    await remove(INSTANCE, instanceId, '(claim = :mine AND attempts = :spent)', { ':spent': { N: String(spent) } });
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
  await remove(BREAKER, nameOf(slot), 'claim = :mine', {});
  return true;
}

function keyOf(kind: string, name: string) {
  return { kind: { S: kind }, name: { S: name } };
}

/** Of a fixed length, so that the order of the keys is that of the slots. */
function nameOf(slot: number): string {
  return String(slot).padStart(3, '0');
}

function slotOf(name: string | undefined): number {
  if (!name || !/^\d{3}$/.test(name)) throw new IncompleteAnswerError('an item of the breaker has a name that is not a slot\'s');
  return Number(name);
}

function expiryOf(seconds: string | undefined, later = 0): Date {
  const date = new Date((Number(seconds ?? NaN) + later) * 1000);
  if (Number.isNaN(date.getTime())) throw new IncompleteAnswerError('an item does not say until when it holds');
  return date;
}

function isAhead(date: Date): boolean {
  return date.getTime() > Date.now();
}

/** Claims of many instances at once must not all try for the same slot first. */
function shuffled(slots: number[]): number[] {
  const rest = [...slots];
  return slots.map(() => rest.splice(randomInt(rest.length), 1)[0]);
}
