import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DescribeInstanceStatusCommand, EC2Client, InstanceStatus } from '@aws-sdk/client-ec2';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { mockClient } from 'aws-sdk-client-mock';
import { handler } from '../../src/detection/fleet-watch.lambda';
import { listen, logLines } from '../interrupt/reported';

const [ec2, events, dynamoDb] = [mockClient(EC2Client), mockClient(EventBridgeClient), mockClient(DynamoDBClient)];
const idOf = (at: number) => `i-${at.toString(16).padStart(17, '0')}`;
const inputs = (mock: { commandCalls(command: any): { args: any[] }[] }, command: unknown) => (
  mock.commandCalls(command).map(({ args }) => args[0].input)
);

/** An instance that has failed its check for an hour and so many minutes more, and whatever else is said of it. */
function failing(at: number, details: object = {}, others: Partial<InstanceStatus> = {}): InstanceStatus {
  const ImpairedSince = new Date(Date.now() - 3_600_000 - at * 60_000);
  return {
    InstanceId: idOf(at),
    InstanceStatus: { Status: 'impaired', Details: [{ Name: 'reachability', Status: 'failed', ImpairedSince, ...details }] },
    SystemStatus: { Status: 'ok' },
    ...others,
  };
}

/** Keeps what is put into the table. */
function tableKeeps(): void {
  dynamoDb.on(PutItemCommand).callsFake(({ Item }) => {
    dynamoDb.on(GetItemCommand).resolves({ Item });
    return {};
  });
}

afterEach(() => { jest.restoreAllMocks(); });
beforeEach(() => {
  listen();
  [ec2, events, dynamoDb].forEach(mock => mock.reset());
  Object.assign(process.env, { UNRESPONSIVE_SECONDS: '180', TABLE_NAME: 'told' });
  dynamoDb.on(GetItemCommand).resolves({});
  dynamoDb.on(PutItemCommand).resolves({});
  events.on(PutEventsCommand).callsFake(({ Entries }) => ({ FailedEntryCount: 0, Entries: Entries.map(() => ({ EventId: 'x' })) }));
});

test('looks at every page of those that fail, the longest first', async () => {
  const asked: object[] = [];
  ec2.on(DescribeInstanceStatusCommand).callsFake(input => {
    asked.push({ ...input }); // the SDK makes the next page's of it
    return input.NextToken ? { InstanceStatuses: [failing(2)] } : { InstanceStatuses: [failing(1)], NextToken: 'page 2' };
  });
  expect(await handler()).toEqual({ impaired: 2, told: [idOf(2), idOf(1)] });
  const Filters = [{ Name: 'instance-status.status', Values: ['impaired'] }];
  expect(asked).toEqual([{ Filters, MaxResults: 1000 }, { Filters, MaxResults: 1000, NextToken: 'page 2' }]);
});

describe('an instance that is AWS\'s to recover', () => {
  const FAULTS: [string, Partial<InstanceStatus>][] = [
    ['its system status check fails', { SystemStatus: { Status: 'impaired' } }],
    ['its system status check does not know yet', { SystemStatus: { Status: 'insufficient-data' } }],
    ['nothing is said of its system status check', { SystemStatus: undefined }],
    ['an attached volume is impaired', { AttachedEbsStatus: { Status: 'impaired' } }],
  ];
  const looksAt = (...InstanceStatuses: InstanceStatus[]) => {
    ec2.on(DescribeInstanceStatusCommand).resolves({ InstanceStatuses });
    return handler();
  };

  test.each(FAULTS)('refuses to tell of it while %s, and is told of again when that is over', async (_what, fault) => {
    tableKeeps();
    const well = failing(1);
    expect((await looksAt(well)).told).toEqual([idOf(1)]); // refused a moment later, for good: SystemImpaired
    expect((await looksAt({ ...well, ...fault })).told).toEqual([]);
    expect((await looksAt(well)).told).toEqual([idOf(1)]);
    expect((await looksAt(well)).told).toEqual([]);
  });

  test('is forgotten by one write, in which those that hang by themselves are remembered', async () => {
    tableKeeps();
    const fault = { SystemStatus: { Status: 'impaired' } } as const;
    await looksAt(failing(1), failing(2));
    for (let look = 0; look < 3; look++) await looksAt(failing(1, {}, fault), failing(2), failing(3, {}, fault));
    const [, forgets, ...more] = inputs(dynamoDb, PutItemCommand).map(({ Item: { instances: { M } } }) => Object.keys(M));
    expect(forgets).toEqual([idOf(2)]);
    expect(more).toEqual([]);
    expect(inputs(events, PutEventsCommand)).toHaveLength(1);
  });

  test('takes no room from those that hang by themselves', async () => {
    const fault = { SystemStatus: { Status: 'impaired' } } as const;
    const byAws = Array.from({ length: 5000 }, (_, at) => failing(at + 10, {}, fault));
    expect((await looksAt(...byAws, failing(1))).told).toEqual([idOf(1)]);
  });

  test.each<Partial<InstanceStatus>>([
    { AttachedEbsStatus: undefined }, { AttachedEbsStatus: { Status: 'ok' } }, { AttachedEbsStatus: { Status: 'not-applicable' } },
    { AttachedEbsStatus: { Status: 'initializing' } }, { AttachedEbsStatus: { Status: 'insufficient-data' } },
  ])('is none of which no volume is known to be impaired: %j', async others => {
    expect((await looksAt(failing(1, {}, others))).told).toEqual([idOf(1)]);
  });
});

test('fails where EventBridge takes some events and others not, and remembers those that it took', async () => {
  ec2.on(DescribeInstanceStatusCommand).resolves({ InstanceStatuses: [failing(1), failing(2), failing(3)] });
  events.on(PutEventsCommand).resolves({
    FailedEntryCount: 1, Entries: [{ EventId: 'a' }, { ErrorCode: 'InternalFailure', ErrorMessage: 'sorry' }, { EventId: 'c' }],
  });
  await expect(handler()).rejects.toMatchObject({ name: 'EventsNotTaken', message: '1 of 3 events: InternalFailure: sorry' });
  const [{ Item: { instances: { M } } }] = inputs(dynamoDb, PutItemCommand);
  expect(Object.keys(M).sort()).toEqual([idOf(1), idOf(3)]);
});

test.each([
  ['it is not said since when it fails', { ImpairedSince: undefined }],
  ['the check with the time is one that passes', { Status: 'passed' }],
])('refuses to tell of an instance of which %s', async (_what, details) => {
  ec2.on(DescribeInstanceStatusCommand).resolves({ InstanceStatuses: [failing(1, details as object)] });
  expect(await handler()).toEqual({ impaired: 0, told: [] });
  expect(logLines()).toEqual([expect.objectContaining({ level: 'WARN', message: 'ImpairedSinceMissing', instanceId: idOf(1) })]);
});

test('of a whole Region those are told of that can be remembered in one item: that is less than 400 KB', async () => {
  ec2.on(DescribeInstanceStatusCommand).resolves({ InstanceStatuses: Array.from({ length: 6000 }, (_, at) => failing(at)) });
  expect((await handler()).told).toHaveLength(5000);
  const [{ Item }] = inputs(dynamoDb, PutItemCommand);
  // DynamoDB counts names and values, and three bytes for each of a map.
  const entries: [string, { S: string }][] = Object.entries(Item.instances.M);
  expect(entries.reduce((sum, [name, { S }]) => sum + name.length + S.length + 3, 0)).toBeLessThan(400 * 1024);
  expect(inputs(events, PutEventsCommand).every(({ Entries }) => Entries.length === 10)).toBe(true);
});

test('fails where it is not told for how long, rather than to find nothing', async () => {
  process.env.UNRESPONSIVE_SECONDS = 'long';
  await expect(handler()).rejects.toThrow('UNRESPONSIVE_SECONDS must be a number of seconds; it is long.');
});

test.each(['UNRESPONSIVE_SECONDS', 'TABLE_NAME'])('fails without %s, before it asks anything', async name => {
  delete process.env[name];
  await expect(handler()).rejects.toThrow(`${name} must be set; it is not there.`);
  expect(ec2.commandCalls(DescribeInstanceStatusCommand)).toEqual([]);
});
