import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteItemCommand, GetItemCommand, PutItemCommand, QueryCommand, ScanCommand, TransactionCanceledException, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { sdk } from './clients';
import { LocalAws } from '../../../local/aws/aws-endpoint';
import { Role } from '../../../local/aws/iam';
import { Statement } from '../../../local/aws/policy';
import { canMakeEnvironments, providePython } from '../../../local/python-environment';

jest.setTimeout(120_000);

const PROPERTIES = {
  TableName: 'Claims',
  KeySchema: [{ AttributeName: 'kind', KeyType: 'HASH' as const }, { AttributeName: 'name', KeyType: 'RANGE' as const }],
  AttributeDefinitions: [{ AttributeName: 'kind', AttributeType: 'S' }, { AttributeName: 'name', AttributeType: 'S' }],
  BillingMode: 'PAY_PER_REQUEST',
  TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
  SSESpecification: { SSEEnabled: true },
};
const TABLE_ARN = 'arn:aws:dynamodb:us-east-1:123456789012:table/Claims';
const TRUST = { Statement: { Effect: 'Allow' as const, Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' } };

let holder: LocalAws; // keeps the emulator from test to test
let local: LocalAws;
let endpoint: string;
let clients: ReturnType<typeof sdk>;

async function start(): Promise<LocalAws> {
  const started = new LocalAws();
  endpoint = await started.listen();
  started.dynamodb.createTable(PROPERTIES);
  return started;
}

beforeAll(async () => {
  await providePython();
  holder = await start();
});
afterAll(() => holder.close());

beforeEach(async () => {
  local = await start();
  clients = sdk(endpoint);
});
afterEach(async () => {
  clients.destroy();
  await local.close();
});

const put = (name: string, more: object = {}) => ({
  Put: { TableName: 'Claims', Item: { kind: { S: 'claim' }, name: { S: name } }, ConditionExpression: 'attribute_not_exists(#name)', ExpressionAttributeNames: { '#name': 'name' }, ...more },
});
const key = (name: string) => ({ TableName: 'Claims', Key: { kind: { S: 'claim' }, name: { S: name } } });
const transact = (...names: string[]) => new TransactWriteItemsCommand({ TransactItems: names.map(name => put(name)) });
const names = async () => (await clients.dynamodb.send(new QueryCommand({
  TableName: 'Claims', ConsistentRead: true, KeyConditionExpression: '#kind = :kind', ExpressionAttributeNames: { '#kind': 'kind' }, ExpressionAttributeValues: { ':kind': { S: 'claim' } },
}))).Items!.map(item => item.name.S);

test('keeps items, and lists them by their key', async () => {
  await clients.dynamodb.send(transact('b', 'a'));
  expect(await names()).toEqual(['a', 'b']);
  expect((await clients.dynamodb.send(new GetItemCommand({ ...key('a'), ConsistentRead: true }))).Item).toEqual({ kind: { S: 'claim' }, name: { S: 'a' } });
  await clients.dynamodb.send(new DeleteItemCommand({ ...key('a'), ConditionExpression: 'attribute_exists(kind)' }));
  await expect(clients.dynamodb.send(new DeleteItemCommand({ ...key('a'), ConditionExpression: 'attribute_exists(kind)' })))
    .rejects.toMatchObject({ name: 'ConditionalCheckFailedException', $metadata: { httpStatusCode: 400 } });
  expect(local.calls.map(({ service, action, error }) => [service, action, error].join(' ').trim())).toEqual([
    'dynamodb TransactWriteItems', 'dynamodb Query', 'dynamodb GetItem', 'dynamodb DeleteItem', 'dynamodb DeleteItem ConditionalCheckFailedException',
  ]);
  expect(local.calls[2].params).toMatchObject(key('a'));
});

test('lets one of two transactions on the same condition win, and tells the other why', async () => {
  for (let round = 0; round < 10; round++) {
    const results = await Promise.allSettled([clients.dynamodb.send(transact(`x${round}`, `lock${round}`)), clients.dynamodb.send(transact(`y${round}`, `lock${round}`))]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const { reason } = results.find(result => result.status === 'rejected') as PromiseRejectedResult;
    expect(reason).toBeInstanceOf(TransactionCanceledException);
    expect(reason.CancellationReasons).toMatchObject([{ Code: 'None' }, { Code: 'ConditionalCheckFailed' }]);
  }
  expect(await names()).toHaveLength(20); // the loser left nothing of its own
});

test('lets one of fifty at once win', async () => {
  const results = await Promise.allSettled(Array.from({ length: 50 }, () => clients.dynamodb.send(transact('only'))));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('carries a transaction out once that is sent twice with its token', async () => {
  const command = (name: string) => new TransactWriteItemsCommand({ ClientRequestToken: 'token', TransactItems: [put(name)] });
  await clients.dynamodb.send(command('a'));
  await clients.dynamodb.send(command('a'));
  await expect(clients.dynamodb.send(command('b'))).rejects.toMatchObject({ name: 'IdempotentParameterMismatchException' });
  expect(await names()).toEqual(['a']);
});

test('tells stands apart', async () => {
  await clients.dynamodb.send(transact('mine'));
  const other = await start();
  const others = sdk(endpoint);
  expect((await others.dynamodb.send(new ScanCommand({ TableName: 'Claims' }))).Items).toEqual([]);
  others.destroy();
  await other.close();
});

test('fails on a table that is not there, as DynamoDB does', async () => {
  await expect(clients.dynamodb.send(new ScanCommand({ TableName: 'Other' }))).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

describe('permissions', () => {
  function as(...statements: Partial<Statement>[]) {
    const role = new Role('Interrupter', TRUST);
    role.attach('Policy', { Statement: statements.map(statement => ({ Effect: 'Allow', Resource: TABLE_ARN, ...statement })) });
    const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = local.iam.issueCredentials(role, 'session');
    const assumed = sdk(endpoint, { accessKeyId, secretAccessKey });
    return assumed.dynamodb;
  }
  const DENIED = { name: 'AccessDeniedException', $metadata: { httpStatusCode: 400 } };

  test('a transaction takes the permission of each of its parts', async () => {
    const check = { ConditionCheck: { ...key('b'), ConditionExpression: 'attribute_not_exists(kind)' } };
    const command = new TransactWriteItemsCommand({ TransactItems: [put('a'), check] });
    await expect(as({ Action: 'dynamodb:PutItem' }).send(command)).rejects.toMatchObject({
      ...DENIED, message: expect.stringMatching(/is not authorized to perform: dynamodb:ConditionCheckItem on resource: .*table\/Claims because no identity-based policy allows/),
    });
    await as({ Action: ['dynamodb:PutItem', 'dynamodb:ConditionCheckItem'] }).send(command);
    expect(await names()).toEqual(['a']);
  });

  test('the partition key is a condition', async () => {
    const dynamodb = as({ Action: ['dynamodb:*'], Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['claim'] } } });
    await dynamodb.send(transact('a'));
    await dynamodb.send(new GetItemCommand(key('a')));
    const query = (kind: string) => new QueryCommand({
      TableName: 'Claims', KeyConditionExpression: 'kind = :k AND begins_with(#n, :n)', ExpressionAttributeNames: { '#n': 'name' }, ExpressionAttributeValues: { ':k': { S: kind }, ':n': { S: 'a' } },
    });
    expect((await dynamodb.send(query('claim'))).Count).toBe(1);
    await expect(dynamodb.send(query('budget'))).rejects.toMatchObject(DENIED);
    await expect(dynamodb.send(new PutItemCommand({ TableName: 'Claims', Item: { kind: { S: 'budget' }, name: { S: 'a' } } }))).rejects.toMatchObject(DENIED);
  });

  test('refuses another table, and everything without a statement', async () => {
    await expect(as({ Action: 'dynamodb:*', Resource: `${TABLE_ARN}2` }).send(new GetItemCommand(key('a')))).rejects.toMatchObject(DENIED);
    await expect(as().send(new GetItemCommand(key('a')))).rejects.toMatchObject(DENIED);
  });
});

test('a stack\'s table exists when the stack is deployed', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'table-test-'));
  const { TableName: _, ...Properties } = PROPERTIES;
  writeFileSync(join(directory, 'Stack.template.json'), JSON.stringify({
    Resources: { Key: { Type: 'AWS::KMS::Key' }, Table: { Type: 'AWS::DynamoDB::Table', Properties } },
    Outputs: { Arn: { Value: { 'Fn::GetAtt': ['Table', 'Arn'] } } },
  }));
  writeFileSync(join(directory, 'manifest.json'), JSON.stringify({
    version: '48.0.0', artifacts: { Stack: { type: 'aws:cloudformation:stack', environment: 'aws://unknown-account/unknown-region', properties: { templateFile: 'Stack.template.json' } } },
  }));
  const deployment = local.deploy(directory, 'Stack');
  rmSync(directory, { recursive: true });
  const TableName = deployment.physicalId('Table');
  expect(deployment.outputs.Arn).toBe(`arn:aws:dynamodb:us-east-1:123456789012:table/${TableName}`);
  expect((await clients.dynamodb.send(new ScanCommand({ TableName }))).Count).toBe(0);
});

test('refuses a table without a partition key, and a property that it does not play', () => {
  expect(() => local.dynamodb.createTable({ ...PROPERTIES, TableName: 'T', KeySchema: [] })).toThrow(/must have a key of type HASH/);
  expect(() => local.dynamodb.createTable({ ...PROPERTIES, TableName: 'T', StreamSpecification: {} })).toThrow(/Table T has StreamSpecification/);
});

const isRunning = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

test('the emulator ends with the last stand', async () => {
  const pid = (await holder.dynamodb.emulatorPid())!;
  expect(await local.dynamodb.emulatorPid()).toBe(pid);
  await local.close();
  expect(isRunning(pid)).toBe(true);
  await holder.close();
  expect(isRunning(pid)).toBe(false);
  local = holder = await start();
});

test('the emulator ends with its parent, even when that is killed', async () => {
  const script = join(__dirname, '../../../local/aws/moto-emulator.py');
  const parent = spawn(process.execPath, ['-e', `
    const child = require('node:child_process').spawn(process.argv[1], [process.argv[2]], { stdio: ['pipe', 'pipe', 'ignore'] });
    child.stdout.once('data', () => console.log(child.pid));
  `, await providePython(), script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const pid = await new Promise<number>(resolve => parent.stdout.once('data', text => resolve(Number(text))));
  expect(isRunning(pid)).toBe(true);
  parent.kill('SIGKILL');
  await local.waitFor('the end of the emulator', () => !isRunning(pid), 10_000);
});

test('this machine can make Python environments', () => expect(canMakeEnvironments()).toBe(true));
