import { DeleteItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { DescribeInstancesCommand, SendDiagnosticInterruptCommand } from '@aws-sdk/client-ec2';
import { awsAnswersForAHungInstance, awsCalls, awsError, cancelled, dynamoDbMock, ec2Mock, sends } from './aws-mock';
import { alarmEvent, INSTANCE, TABLE } from './fixtures';
import { eachForAHungInstance } from './hung-instance';
import { CONTEXT, expectReported, logLines, metric, metrics } from './reported';
import { handler } from '../../src/interrupt/interrupt.lambda';

// From the verdict on: the claim, the one call, and what becomes of both.

eachForAHungInstance();

const claims = () => dynamoDbMock.commandCalls(TransactWriteItemsCommand);
const releases = () => dynamoDbMock.commandCalls(DeleteItemCommand).map(({ args }) => args[0].input);
const idOfClaim = () => claims().at(-1)!.args[0].input.TransactItems![0].Put!.Item!.claim.S!;

/** The names of all calls, in the order in which they were made. */
const order = () => [...awsCalls()]
  .sort((a: any, b: any) => (a.calledBefore(b) ? -1 : 1)).map(({ args }) => (args[0] as object).constructor.name);

describe('the interrupt', () => {
  test('is sent after the claim, and the claim is made after every read', async () => {
    await handler(alarmEvent(), CONTEXT);
    const calls = order();
    expect(calls.slice(-2)).toEqual(['TransactWriteItemsCommand', 'SendDiagnosticInterruptCommand']);
    expect(calls.slice(0, -2).every(name => /^(Describe|List|Get|Query)/.test(name))).toBe(true);
  });

  test('is not sent before the claim has been answered', async () => {
    let answer = (_: object) => {};
    dynamoDbMock.on(TransactWriteItemsCommand).callsFake(async () => new Promise(resolve => { answer = resolve; }));
    const handling = handler(alarmEvent(), CONTEXT);
    while (claims().length === 0) await new Promise(resolve => setTimeout(resolve, 5));
    await new Promise(resolve => setTimeout(resolve, 50));
    expect(sends()).toHaveLength(0);
    answer({});
    expect(await handling).toMatchObject({ sent: true });
  });

  test('is logged with its claim, which stays', async () => {
    await handler(alarmEvent(), CONTEXT);
    expectReported('InterruptSent', { level: 'INFO', claim: { id: idOfClaim(), instanceId: INSTANCE } }, 'InterruptsSent');
    expect(releases()).toEqual([]);
  });

  test('is sent by a client of its own, over the connections of the reading one', async () => {
    await handler(alarmEvent(), CONTEXT);
    const sender = sends()[0].thisValue as any;
    const reader = ec2Mock.commandCalls(DescribeInstancesCommand)[0].thisValue as any;
    expect(sender).not.toBe(reader);
    expect(sender.config.requestHandler).toBe(reader.config.requestHandler);
  });
});

describe('refuses what another delivery has claimed meanwhile:', () => {
  test.each([
    ['CoolingDown', ['ConditionalCheckFailed', 'None'], 1, []],
    ['CircuitOpen', ['None', 'ConditionalCheckFailed'], 3, [metric('CircuitOpen')]],
  ])('refuses %s, and sends nothing', async (reason, codes, tries, more) => {
    dynamoDbMock.on(TransactWriteItemsCommand).rejects(cancelled(...codes));
    expect(await handler(alarmEvent(), CONTEXT)).toMatchObject({
      decision: 'refuse', reason, explanation: expect.stringContaining('a moment ago'), refusals: [{ reason }], sent: false, evidence: {},
    });
    expect([claims().length, sends().length, releases().length]).toEqual([tries, 0, 0]);
    expect(logLines()).toMatchObject([{ message: 'InterruptRefused', level: 'WARN', verdict: { reason } }]);
    expect(metrics()).toEqual([metric('InterruptsRefused', { Reason: reason }), ...more]);
  });

  test('sends for the next slot when only the slot is taken, once', async () => {
    dynamoDbMock.on(TransactWriteItemsCommand).rejectsOnce(cancelled('None', 'ConditionalCheckFailed')).resolves({});
    expect(await handler(alarmEvent(), CONTEXT)).toMatchObject({ sent: true });
    expect([claims().length, sends().length]).toEqual([2, 1]);
  });
});

test.each<[string, Error]>([
  ['AccessDeniedException', awsError('AccessDeniedException', 400)],
  ['InternalServerError', awsError('InternalServerError', 500)],
  ['TimeoutError', Object.assign(new Error('too slow'), { name: 'TimeoutError' })],
  ['ClaimConflict', cancelled('TransactionConflict', 'TransactionConflict')],
])('fails with %s when the claim does, and sends nothing, so that Lambda tries again', async (name, error) => {
  dynamoDbMock.on(TransactWriteItemsCommand).rejects(error);
  await expect(handler(alarmEvent(), CONTEXT)).rejects.toThrow(expect.objectContaining({ name }));
  expect(sends()).toHaveLength(0);
  expectReported('RequestFailed', { error: { name } }, 'Errors', { ErrorName: name });
});

describe('an interrupt that EC2 does not accept', () => {
  const lost = Object.assign(new Error('socket hang up'), { name: 'TimeoutError', code: 'ECONNRESET' });

  test.each<[string, Error, false | undefined]>([
    ['a clear no', awsError('UnsupportedOperation', 400), false],
    ['a denial', awsError('UnauthorizedOperation', 403), false],
    ['a fault of EC2, after which it may have arrived', awsError('InternalError', 500), undefined],
    ['an EC2 that is not available, after which it may have arrived', awsError('Unavailable', 503), undefined],
    ['a lost answer, after which it may have arrived', lost, undefined],
    ['an answer that nobody understands', Object.assign(new SyntaxError('no XML'), { $metadata: { httpStatusCode: 200 } }), undefined],
  ])('fails for good on %s: one call, the name in the answer, no second try by Lambda', async (_what, error, sent) => {
    ec2Mock.on(SendDiagnosticInterruptCommand).rejects(error);
    const outcome = await handler(alarmEvent(), CONTEXT);
    expect([claims().length, sends().length]).toEqual([1, 1]);
    expect(outcome).toMatchObject({ decision: 'interrupt', instanceId: INSTANCE, evidence: {}, error: { name: error.name, message: error.message } });
    expect(outcome.sent).toBe(sent);
    // What was surely not sent is given back; what may have been is not.
    expect(releases()).toHaveLength(sent === false ? 2 : 0);
    expectReported('InterruptFailed', { level: 'ERROR', request: {}, evidence: outcome.evidence, verdict: { decision: 'interrupt' }, claim: {}, error: { name: error.name } },
      'Errors', { ErrorName: error.name });
  });

  test.each([['RequestLimitExceeded', 503], ['Throttling', 400], ['TooManyRequests', 429]])(
    'fails the invocation on %s, which surely did not arrive, and gives the claim back first', async (name, code) => {
      ec2Mock.on(SendDiagnosticInterruptCommand).rejects(awsError(name, code));
      await expect(handler(alarmEvent(), CONTEXT)).rejects.toThrow(expect.objectContaining({ name }));
      expect(sends()).toHaveLength(1);
      const ofMine = { TableName: TABLE, ExpressionAttributeValues: { ':mine': { S: idOfClaim() } } };
      expect(releases()).toMatchObject([{ ...ofMine, Key: { kind: { S: 'instance' } } }, { ...ofMine, Key: { kind: { S: 'breaker' } } }]);
      expectReported('RequestFailed', { error: { name } }, 'Errors', { ErrorName: name });
    });

  test.each([['UnsupportedOperation', 400, false], ['Throttling', 400, 'thrown']])('fails by the name that EC2 gave, %s, also when the claim cannot be given back', async (name, code, sent) => {
    ec2Mock.on(SendDiagnosticInterruptCommand).rejects(awsError(name, code));
    dynamoDbMock.on(DeleteItemCommand).rejects(awsError('InternalServerError', 500));
    const ended = await handler(alarmEvent(), CONTEXT).then(outcome => [outcome.error?.name, outcome.sent], (error: Error) => [error.name, 'thrown']);
    expect(ended).toEqual([name, sent]);
    expect(logLines()).toMatchObject([
      { message: 'ClaimNotReleased', level: 'ERROR', claim: { id: idOfClaim() }, error: { name: 'InternalServerError' } }, { error: { name } },
    ]);
    expect(metrics()).toEqual([metric('Errors', { ErrorName: name })]);
  });
});

test('fails, refuses or sends in whatever way claim and call end: never more calls than claims', async () => {
  const ofClaim = [undefined, cancelled('ConditionalCheckFailed', 'None'), cancelled('None', 'ConditionalCheckFailed'), cancelled('None', 'TransactionConflict'),
    awsError('InternalServerError', 500)];
  const ofCall = [undefined, awsError('Throttling', 400), awsError('InternalError', 500), awsError('UnsupportedOperation', 400), new Error('lost')];
  for (const first of ofClaim) {
    for (const second of ofClaim) {
      for (const call of ofCall) {
        awsAnswersForAHungInstance();
        const answer = (stub: any, once: boolean, error?: Error) => error ? stub[once ? 'rejectsOnce' : 'rejects'](error) : stub[once ? 'resolvesOnce' : 'resolves']({});
        answer(answer(dynamoDbMock.on(TransactWriteItemsCommand), true, first), true, second).resolves({});
        answer(ec2Mock.on(SendDiagnosticInterruptCommand), false, call);
        let carriedOut = 0;
        await handler(alarmEvent(), CONTEXT).catch(() => {});
        for (const { returnValue } of claims()) carriedOut += await Promise.resolve(returnValue).then(() => 1, () => 0);
        expect(carriedOut).toBeLessThanOrEqual(1);
        expect(sends()).toHaveLength(carriedOut);
      }
    }
  }
});
