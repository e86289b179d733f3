import {
  ConditionalCheckFailedException, DeleteItemCommand, GetItemCommand, QueryCommand, TransactionCanceledException, TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { awsAnswersForAHungInstance, awsError, cancelled, dynamoDbMock, itIs } from './aws-mock';
import { ARMED, INSTANCE, NOW, OTHER_INSTANCE, TABLE } from './fixtures';
import { Claim, claim, ClaimConflictError, readClaims, release } from '../../src/interrupt/claim';

const NOW_SECONDS = NOW.getTime() / 1000;
const POLICY = ARMED.claims;
const OPTIONS = { abortSignal: new AbortController().signal };

beforeEach(() => {
  itIs();
  awsAnswersForAHungInstance();
});
afterEach(() => { jest.useRealTimers(); });

const transactions = () => dynamoDbMock.commandCalls(TransactWriteItemsCommand).map(({ args }) => args[0].input);
const slotsTried = () => transactions().map(({ TransactItems }) => TransactItems![1].Put!.Item!.name.S);

describe('a claim', () => {
  test('takes the instance and the slot in one transaction, each only if nobody has it', async () => {
    const mine = await claim(INSTANCE, [7], POLICY) as Claim;
    expect(mine).toEqual({ id: expect.stringMatching(/^[0-9a-f-]{36}$/), instanceId: INSTANCE, slot: 7 });
    const put = (kind: string, name: string, expiresAt: number, more = {}) => ({
      Put: {
        TableName: TABLE,
        Item: {
          kind: { S: kind },
          name: { S: name },
          claim: { S: mine.id },
          instanceId: { S: INSTANCE },
          claimedAt: { N: String(NOW_SECONDS) },
          expiresAt: { N: String(expiresAt) },
          ...more,
        },
        ConditionExpression: 'attribute_not_exists(kind) OR expiresAt <= :now',
        ExpressionAttributeValues: { ':now': { N: String(NOW_SECONDS) } },
      },
    });
    expect(transactions()).toEqual([{
      ClientRequestToken: expect.stringMatching(/^[0-9a-f-]{36}$/),
      TransactItems: [
        put('instance', INSTANCE, NOW_SECONDS + 6 * 3600, { slot: { S: '007' }, attempts: { N: '0' } }),
        put('breaker', '007', NOW_SECONDS + 3600),
      ],
    }]);
  });

  test('counts in whole seconds, rounded down', async () => {
    jest.setSystemTime(NOW.getTime() + 999);
    await claim(INSTANCE, [0], POLICY);
    const [{ Put }] = transactions()[0].TransactItems!;
    expect([Put!.Item!.claimedAt.N, Put!.ExpressionAttributeValues![':now'].N]).toEqual([String(NOW_SECONDS), String(NOW_SECONDS)]);
  });

  test('takes any of the free slots, and not always the same', async () => {
    for (let i = 0; i < 60; i++) await claim(INSTANCE, [2, 4, 6], POLICY);
    expect([...new Set(slotsTried())].sort()).toEqual(['002', '004', '006']);
  });

  test('is a request of its own at each try, under the same name', async () => {
    dynamoDbMock.on(TransactWriteItemsCommand).rejectsOnce(cancelled('None', 'ConditionalCheckFailed')).resolves({});
    await claim(INSTANCE, [1, 2], POLICY, 'mine');
    const [first, second] = transactions().map(({ ClientRequestToken }) => ClientRequestToken);
    expect(first).not.toBe(second);
    expect(transactions().map(({ TransactItems }) => TransactItems![0].Put!.Item!.claim.S)).toEqual(['mine', 'mine']);
  });

  test('leaves the list of the free slots as it is', async () => {
    const free = [1, 2, 3];
    dynamoDbMock.on(TransactWriteItemsCommand).rejects(cancelled('None', 'ConditionalCheckFailed'));
    await claim(INSTANCE, free, POLICY);
    expect(free).toEqual([1, 2, 3]);
  });
});

describe('a claim that another one got ahead of', () => {
  test.each(['None', 'ConditionalCheckFailed', 'TransactionConflict'])('is refused as CoolingDown when the instance is taken, at once (slot: %s)', async (slot) => {
    dynamoDbMock.on(TransactWriteItemsCommand).rejects(cancelled('ConditionalCheckFailed', slot));
    expect(await claim(INSTANCE, [0, 1, 2], POLICY)).toEqual({ refused: 'CoolingDown' });
    expect(transactions()).toHaveLength(1);
  });

  test('takes the next slot when the slot is taken', async () => {
    dynamoDbMock.on(TransactWriteItemsCommand)
      .rejectsOnce(cancelled('None', 'ConditionalCheckFailed')).rejectsOnce(cancelled('None', 'ConditionalCheckFailed')).resolves({});
    expect(await claim(INSTANCE, [0, 1, 2], POLICY)).toMatchObject({ instanceId: INSTANCE });
    expect(slotsTried().sort()).toEqual(['000', '001', '002']);
  });

  test('is refused as CircuitOpen when every slot is taken, each tried once', async () => {
    dynamoDbMock.on(TransactWriteItemsCommand).rejects(cancelled('None', 'ConditionalCheckFailed'));
    expect(await claim(INSTANCE, [0, 1, 2], POLICY)).toEqual({ refused: 'CircuitOpen' });
    expect(slotsTried().sort()).toEqual(['000', '001', '002']);
  });

  test('is refused as CircuitOpen without a call when no slot is free', async () => {
    expect(await claim(INSTANCE, [], POLICY)).toEqual({ refused: 'CircuitOpen' });
    expect(transactions()).toHaveLength(0);
  });

  test.each([['None', 'TransactionConflict'], ['TransactionConflict', 'None'], ['TransactionConflict', 'TransactionConflict']])(
    'tries the same slot again after a conflict (%s, %s)', async (...reasons) => {
      dynamoDbMock.on(TransactWriteItemsCommand).rejectsOnce(cancelled(...reasons)).rejectsOnce(cancelled(...reasons)).resolves({});
      const { slot } = await claim(INSTANCE, [0, 1, 2], POLICY) as Claim;
      expect(slotsTried()).toEqual(Array(3).fill(`00${slot}`));
    });

  test('fails with ClaimConflict after eight conflicts', async () => {
    dynamoDbMock.on(TransactWriteItemsCommand).rejects(cancelled('TransactionConflict', 'None'));
    await expect(claim(INSTANCE, [0, 1], POLICY)).rejects.toThrow(ClaimConflictError);
    expect(transactions()).toHaveLength(8);
  });

  test('fails with ClaimConflict although it went on to another slot in between', async () => {
    const conflict = cancelled('TransactionConflict', 'TransactionConflict');
    dynamoDbMock.on(TransactWriteItemsCommand).rejectsOnce(conflict).rejectsOnce(cancelled('None', 'ConditionalCheckFailed')).rejects(conflict);
    await expect(claim(INSTANCE, [0, 1], POLICY)).rejects.toThrow(expect.objectContaining({ name: 'ClaimConflict' }));
    expect(transactions()).toHaveLength(9);
  });
});

test.each<[string, Error]>([
  ['a denial', awsError('AccessDeniedException', 400)],
  ['a fault of DynamoDB', awsError('InternalServerError', 500)],
  ['a table that is not there', awsError('ResourceNotFoundException', 400)],
  ['a lost answer', Object.assign(new Error('socket hang up'), { name: 'TimeoutError' })],
  ['a cancellation without reasons', new TransactionCanceledException({ message: 'cancelled', $metadata: {} })],
  ['a cancellation with the reasons of something else', cancelled('ConditionalCheckFailed')],
])('fails on %s, as it is, at the first try', async (_what, error) => {
  dynamoDbMock.on(TransactWriteItemsCommand).rejects(error);
  await expect(claim(INSTANCE, [0, 1], POLICY)).rejects.toBe(error);
  expect(transactions()).toHaveLength(1);
});

describe('a release', () => {
  const mine = { id: 'claim-1', instanceId: INSTANCE, slot: 12 };

  test('removes the two items, unless they are of another claim by now, or another interrupt was taken of it', async () => {
    expect(await release(mine, 1, POLICY)).toBe(true);
    const [TableName, ofMine] = [TABLE, { ':mine': { S: 'claim-1' } }];
    expect(dynamoDbMock.commandCalls(DeleteItemCommand).map(({ args }) => args[0].input)).toEqual([
      {
        TableName,
        Key: { kind: { S: 'instance' }, name: { S: INSTANCE } },
        ConditionExpression: 'attribute_not_exists(kind) OR (claim = :mine AND attempts = :spent)',
        ExpressionAttributeValues: { ...ofMine, ':spent': { N: '1' } },
      },
      {
        TableName,
        Key: { kind: { S: 'breaker' }, name: { S: '012' } },
        ConditionExpression: 'attribute_not_exists(kind) OR claim = :mine',
        ExpressionAttributeValues: ofMine,
      },
    ]);
  });

  test('says that a claim is in use, and leaves its slot', async () => {
    dynamoDbMock.on(DeleteItemCommand).rejects(new ConditionalCheckFailedException({ message: 'The conditional request failed', $metadata: {} }));
    expect(await release(mine, 0, POLICY)).toBe(false);
    expect(dynamoDbMock.commandCalls(DeleteItemCommand)).toHaveLength(1);
  });

  test('fails on whatever else happens to the table, as it is', async () => {
    const error = awsError('ThrottlingException', 400);
    dynamoDbMock.on(DeleteItemCommand).rejects(error);
    await expect(release(mine, 0, POLICY)).rejects.toBe(error);
  });
});

describe('what is claimed', () => {
  const slot = (name: string | undefined, seconds: number | string) => (
    { ...name !== undefined && { name: { S: name } }, expiresAt: { N: typeof seconds === 'string' ? seconds : String(NOW_SECONDS + seconds) } }
  );

  test('between the two answers, for this very instance, cools it down; what was long ago does not', async () => {
    const taken = (seconds: number) => dynamoDbMock.on(QueryCommand).resolves({
      Items: [{ ...slot('001', 60), instanceId: { S: INSTANCE }, claimedAt: { N: String(NOW_SECONDS - seconds) } }],
    });
    const { cooldownSeconds } = POLICY;
    taken(10);
    const cooldownUntil = new Date(NOW.getTime() + (cooldownSeconds - 10) * 1000).toISOString();
    expect(await readClaims(INSTANCE, POLICY, OPTIONS)).toEqual({ cooldownUntil, takenSlots: [1] });
    expect(await readClaims(OTHER_INSTANCE, POLICY, OPTIONS)).toEqual({ takenSlots: [1] });
    taken(cooldownSeconds);
    expect(await readClaims(INSTANCE, POLICY, OPTIONS)).toEqual({ takenSlots: [1] });
  });

  test('is read of this instance and of all slots, as it is at this moment', async () => {
    expect(await readClaims(INSTANCE, POLICY, OPTIONS)).toEqual({ takenSlots: [] });
    expect(dynamoDbMock.commandCalls(GetItemCommand).map(({ args }) => args[0].input)).toEqual([
      { TableName: TABLE, Key: { kind: { S: 'instance' }, name: { S: INSTANCE } }, ConsistentRead: true },
    ]);
    expect(dynamoDbMock.commandCalls(QueryCommand).map(({ args }) => args[0].input)).toEqual([{
      TableName: TABLE, KeyConditionExpression: 'kind = :breaker', ExpressionAttributeValues: { ':breaker': { S: 'breaker' } }, ConsistentRead: true, Limit: 101,
    }]);
    expect(dynamoDbMock.calls().every(({ args }) => (args as any)[1] === OPTIONS)).toBe(true);
  });

  test('is a cooldown that lies ahead, and slots that have not expired; void from expiresAt on, deleted or not', async () => {
    dynamoDbMock.on(GetItemCommand).resolves({ Item: slot(INSTANCE, 1) });
    dynamoDbMock.on(QueryCommand).resolves({ Items: [slot('000', -1), slot('001', 0), slot('002', 1), slot('099', 3600)] });
    expect(await readClaims(INSTANCE, POLICY, OPTIONS)).toEqual({ cooldownUntil: new Date(NOW.getTime() + 1000).toISOString(), takenSlots: [2, 99] });
    dynamoDbMock.on(GetItemCommand).resolves({ Item: slot(INSTANCE, 0) });
    expect(await readClaims(OTHER_INSTANCE, POLICY, OPTIONS)).not.toHaveProperty('cooldownUntil');
  });

  test.each<[string, object, object]>([
    ['no list of slots', {}, {}],
    ['more slots than one page holds', {}, { Items: [], LastEvaluatedKey: { kind: { S: 'breaker' } } }],
    ['an instance without an expiry', { Item: { kind: { S: 'instance' } } }, { Items: [] }],
    ['an instance whose expiry is no number', { Item: slot(INSTANCE, 'soon') }, { Items: [] }],
    ['a slot without an expiry', {}, { Items: [{ name: { S: '001' } }] }],
    ['a slot whose expiry is no time', {}, { Items: [slot('001', '9'.repeat(30))] }],
    ['a slot without a name', {}, { Items: [slot(undefined, 60)] }],
    ['a slot whose name is no number', {}, { Items: [slot('1e3', 60)] }],
  ])('fails as an incomplete answer: %s', async (_what, mine, slots) => {
    dynamoDbMock.on(GetItemCommand).resolves(mine);
    dynamoDbMock.on(QueryCommand).resolves(slots);
    await expect(readClaims(INSTANCE, POLICY, OPTIONS)).rejects.toThrow(expect.objectContaining({ name: 'IncompleteAnswer' }));
  });
});
