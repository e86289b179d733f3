import { awsAnswersForAHungInstance, awsCalls, dynamoDbMock, itIs, stackIs } from './aws-mock';
import { CONTEXT, deliver, Event, StackResource, tableInMemory } from './custom-resource-stack';
import { ALARM_ARN, ARMED, INSTANCE } from './fixtures';
import { bounded } from '../../src/interrupt/bounded';
import { CustomResourceType } from '../../src/interrupt/custom-resource-type';
import { INTERRUPT_POLICY_VARIABLE } from '../../src/interrupt/interrupt-policy';
import { handler } from '../../src/interrupt/interrupt.lambda';

const TRIGGER = { instanceId: INSTANCE, revision: '1', alarmArn: ALARM_ARN };
const READINESS = { timeoutSeconds: '900', requireArmed: 'true', policy: '{}', program: 'p' };

beforeEach(() => {
  itIs();
  awsAnswersForAHungInstance();
  tableInMemory();
  process.env[INTERRUPT_POLICY_VARIABLE] = JSON.stringify(ARMED);
  [process.stdout, process.stderr].forEach(stream => jest.spyOn(stream, 'write').mockReturnValue(true));
});

afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
  delete process.env[INTERRUPT_POLICY_VARIABLE];
});

describe('a deletion always succeeds, and asks AWS nothing:', () => {
  test.each<[string, Record<string, unknown>]>([
    ['of a readiness, as a creation that failed is rolled back', { ResourceType: CustomResourceType.READINESS, ResourceProperties: READINESS }],
    ['of a trigger', { ResourceType: CustomResourceType.TRIGGER, ResourceProperties: TRIGGER }],
    ['of one with malformed properties', { ResourceType: CustomResourceType.TRIGGER, ResourceProperties: { revision: 7 } }],
    ['of a type that is not known', { ResourceType: 'Custom::Other' }],
    ['of next to nothing', {}],
  ])('%s', async (_, event) => {
    delete process.env[INTERRUPT_POLICY_VARIABLE];
    stackIs('ROLLBACK_IN_PROGRESS');
    expect(await deliver({ RequestType: 'Delete', PhysicalResourceId: 'p', ...event })).toEqual({ status: 'SUCCESS', attributes: {}, looks: 1 });
    expect(awsCalls()).toEqual([]);
  });
});

describe('fails by name at once, and asks AWS nothing:', () => {
  const trigger = new StackResource(CustomResourceType.TRIGGER);
  const readiness = new StackResource(CustomResourceType.READINESS);
  const [triggerEvent, readinessEvent] = [trigger.event('Create', TRIGGER), readiness.event('Create', READINESS)];
  test.each<[string, object]>([
    ['a request that is not known', { ...triggerEvent, RequestType: 'Upsert' }],
    ['a type that is not known', { ...triggerEvent, ResourceType: 'Custom::Other' }],
    ['no properties', { ...triggerEvent, ResourceProperties: undefined }],
    ['a property that nobody grants', trigger.event('Create', { ...TRIGGER, force: 'true' })],
    ['an instance that is none', trigger.event('Create', { ...TRIGGER, instanceId: 'i-1' })],
    ['an alarm that is none', trigger.event('Create', { ...TRIGGER, alarmArn: 'arn:aws:s3:::bucket' })],
    ['an empty revision', trigger.event('Create', { ...TRIGGER, revision: '' })],
    ['a revision of a megabyte', trigger.event('Create', { ...TRIGGER, revision: 'r'.repeat(1e6) })],
    ['both an alarm and a game day', trigger.event('Create', { ...TRIGGER, gameDay: 'x' })],
    ['neither', trigger.event('Create', { instanceId: INSTANCE, revision: '1' })],
    ['a wait of hours', readiness.event('Create', { ...READINESS, timeoutSeconds: '7200' })],
    ['a wait that is no number', readiness.event('Create', { ...READINESS, timeoutSeconds: 'Infinity' })],
    ['a wish that is no truth value', readiness.event('Create', { ...READINESS, requireArmed: 'maybe' })],
    ['a beginning that is no time', { ...readinessEvent, Begun: 'yesterday' }],
  ])('%s', async (_, event) => {
    const response = await deliver(event as Event);
    expect(response).toMatchObject({ status: 'FAILED', reason: expect.stringMatching(/^UnknownEvent: /), looks: 0 });
    expect(awsCalls()).toEqual([]);
  });

  test('a policy that is not there', async () => {
    delete process.env[INTERRUPT_POLICY_VARIABLE];
    expect(await trigger.create(TRIGGER)).toMatchObject({ status: 'FAILED', reason: expect.stringMatching(/^InvalidPolicy: INTERRUPT_POLICY is not set/), looks: 0 });
  });
});

test('the first call only notes the time: the framework calls it again at once', async () => {
  const event = new StackResource(CustomResourceType.TRIGGER).event('Create', TRIGGER);
  expect(await handler(event, CONTEXT)).toEqual({ Begun: new Date().toISOString() });
  expect(awsCalls()).toEqual([]);
});

test('a failure has a reason that fits into CloudFormation\'s response, whatever AWS says', async () => {
  dynamoDbMock.rejects(Object.assign(new Error(`no\n${'ü'.repeat(5000)}`.replace('\n', ' ')), { name: 'AccessDeniedException' }));
  const { reason } = await new StackResource(CustomResourceType.TRIGGER).create(TRIGGER); // the stack checks the length
  expect(reason).toMatch(/^AccessDeniedException: no ü+\.\.\.$/);
});

describe('a text that is bounded', () => {
  test.each([['short', 5, 'short'], ['too long', 6, 'too...'], ['üüü', 5, 'ü...'], ['üüüü', 6, 'ü...']])('%s within %i bytes is %s', (text, bytes, expected) => {
    expect(bounded(text, bytes)).toBe(expected);
    expect(Buffer.byteLength(bounded(text, bytes))).toBeLessThanOrEqual(bytes);
  });
});
