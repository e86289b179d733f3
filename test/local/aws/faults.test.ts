import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { DeleteItemCommand, DynamoDBClient, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { DescribeInstancesCommand, EC2Client, SendDiagnosticInterruptCommand } from '@aws-sdk/client-ec2';
import { DescribeInstanceAssociationsStatusCommand } from '@aws-sdk/client-ssm';
import { sdk } from './clients';
import { MemoryMachine } from './memory-machine';
import { LocalAws } from '../../../local/aws/aws-endpoint';
import { Fault } from '../../../local/aws/fault';
import { Faults } from '../../../local/aws/faults';

const InstanceId = 'i-0123456789abcdef0';
let local: LocalAws;
let endpoint: string;
let machine: MemoryMachine;
let clients: ReturnType<typeof sdk>;

beforeEach(async () => {
  local = new LocalAws();
  endpoint = await local.listen();
  machine = new MemoryMachine(InstanceId);
  local.launch(machine);
  clients = sdk(endpoint);
});
afterEach(async () => {
  clients.destroy();
  await local.close();
});

const put = { Put: { TableName: 'T', Item: { kind: { S: 'a' } } } };
const CALLS: Record<string, () => Promise<unknown>> = {
  ec2: () => clients.ec2.send(new DescribeInstancesCommand()),
  cloudwatch: () => clients.cloudwatch.send(new DescribeAlarmsCommand()),
  ssm: () => clients.ssm.send(new DescribeInstanceAssociationsStatusCommand({ InstanceId })),
  dynamodb: () => clients.dynamodb.send(new TransactWriteItemsCommand({ TransactItems: [put, put] })),
};
const interrupt = () => clients.ec2.send(new SendDiagnosticInterruptCommand({ InstanceId }));

test.each([
  ['ec2', 'RequestLimitExceeded', 503, Fault.throttled()],
  ['cloudwatch', 'Throttling', 400, Fault.throttled()],
  ['ssm', 'ThrottlingException', 400, Fault.throttled()],
  ['dynamodb', 'ProvisionedThroughputExceededException', 400, Fault.throttled()],
  ['dynamodb', 'ThrottlingException', 400, Fault.throttlingException()],
  ['ec2', 'InternalError', 500, Fault.serverError()],
  ['cloudwatch', 'InternalServiceFault', 500, Fault.serverError()],
  ['ssm', 'InternalServerError', 500, Fault.serverError()],
  ['dynamodb', 'InternalServerError', 500, Fault.serverError()],
  ['ec2', 'Unavailable', 503, Fault.serverError(503)],
  ['cloudwatch', 'ServiceUnavailable', 503, Fault.serverError(503)],
  ['ec2', 'UnauthorizedOperation', 403, Fault.accessDenied()],
  ['cloudwatch', 'AccessDenied', 403, Fault.accessDenied()],
  ['ssm', 'AccessDeniedException', 400, Fault.accessDenied()],
  ['dynamodb', 'AccessDeniedException', 400, Fault.accessDenied()],
])('fails a call of %s in its words: %s, %i', async (service, name, status, fault) => {
  local.faults.add({ service, fault });
  await expect(CALLS[service]()).rejects.toMatchObject({ name, $metadata: { httpStatusCode: status } });
  expect(local.calls).toMatchObject([{ status, error: name, fault: fault.parts.name }]);
});

test('fails by a policy of the organization', async () => {
  local.faults.add({ service: 'ec2', action: 'SendDiagnosticInterrupt', fault: Fault.scpDenied() });
  await expect(interrupt()).rejects.toMatchObject({
    name: 'UnauthorizedOperation', message: expect.stringMatching(/perform: ec2:SendDiagnosticInterrupt with an explicit deny in a service control policy$/),
  });
  expect(machine.nmis).toBe(0);
});

test('fails a transaction in conflict, with a reason for each item', async () => {
  local.faults.add({ fault: Fault.transactionConflict([1]), times: 1 });
  local.faults.add({ fault: Fault.transactionConflict() });
  await expect(CALLS.dynamodb()).rejects.toMatchObject({
    name: 'TransactionCanceledException',
    message: 'Transaction cancelled, please refer cancellation reasons for specific reasons [None, TransactionConflict]',
    CancellationReasons: [{ Code: 'None' }, { Code: 'TransactionConflict', Message: 'Transaction is ongoing for the item' }],
  });
  await expect(clients.dynamodb.send(new DeleteItemCommand({ TableName: 'T', Key: { kind: { S: 'a' } } })))
    .rejects.toMatchObject({ name: 'TransactionConflictException' });
});

describe('an answer that does not arrive', () => {
  test.each([[false, 0], [true, 1]])('fails by a connection that is reset, carried out: %s', async (carriedOut, interrupts) => {
    local.faults.add({ fault: Fault.disconnect(carriedOut) });
    await expect(interrupt()).rejects.toThrow(/ECONNRESET/);
    expect(machine.nmis).toBe(interrupts);
    expect(local.calls).toMatchObject([{ action: 'SendDiagnosticInterrupt', status: carriedOut ? 200 : 0, fault: 'disconnect' }]);
  });

  test.each([[false, 0], [true, 1]])('fails by its time, carried out: %s', async (carriedOut, interrupts) => {
    local.faults.add({ fault: Fault.timeout(carriedOut) });
    const impatient = clients.ec2.send(new SendDiagnosticInterruptCommand({ InstanceId }), { abortSignal: AbortSignal.timeout(500) });
    await expect(impatient).rejects.toMatchObject({ name: 'AbortError' });
    expect(machine.nmis).toBe(interrupts);
  });

  test('fails in the middle', async () => {
    local.faults.add({ fault: Fault.half() });
    await expect(interrupt()).rejects.toThrow();
    expect(machine.nmis).toBe(1);
  });

  test.each(['ec2', 'cloudwatch', 'ssm', 'dynamodb'])('is of another shape: %s', async service => {
    const undo = local.faults.add({ service, fault: Fault.garbage() });
    expect(await CALLS[service]()).not.toMatchObject({ Reservations: [expect.anything()] });
    undo();
    local.faults.add({ service, fault: Fault.garbage('page') });
    await Promise.allSettled([CALLS[service]()]); // whatever the SDK makes of it
    expect(local.calls.map(({ status, fault }) => [status, fault])).toEqual([[200, 'garbage shape'], [200, 'garbage page']]);
  });

  test('is empty', async () => {
    local.faults.add({ fault: Fault.garbage('empty') });
    expect(await interrupt()).toEqual({ $metadata: expect.objectContaining({ httpStatusCode: 200 }) });
    expect(machine.nmis).toBe(0);
  });
});

test('is late', async () => {
  local.faults.add({ fault: Fault.slow(300), times: 1 });
  const start = Date.now();
  await CALLS.ec2();
  expect(Date.now() - start).toBeGreaterThanOrEqual(295);
});

test('every answer takes its way', async () => {
  const far = new LocalAws({ latencyMs: 200 });
  const others = sdk(await far.listen());
  const start = Date.now();
  await others.ec2.send(new DescribeInstancesCommand());
  expect(Date.now() - start).toBeGreaterThanOrEqual(195);
  others.destroy();
  await far.close();
});

const patient = () => ({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'AKIADEVELOPER', secretAccessKey: 'secret' }, maxAttempts: 3 });

test.each([3_600_000, -3_600_000])('the SDK corrects its clock when the service is %s ms ahead, and succeeds', async ms => {
  const client = new EC2Client(patient());
  local.faults.add({ fault: Fault.clockSkew(ms) });
  await client.send(new DescribeInstancesCommand());
  await client.send(new DescribeInstancesCommand());
  client.destroy();
  expect(local.calls.map(({ error }) => error)).toEqual(['RequestExpired', undefined, undefined]);
});

test('the AWS JSON services say that the signature is invalid', async () => {
  local.faults.add({ fault: Fault.clockSkew(3_600_000) });
  await expect(CALLS.ssm()).rejects.toMatchObject({ name: 'InvalidSignatureException' });
});

test('the SDK sends a call again whose answer was lost, with the same token', async () => {
  const client = new DynamoDBClient(patient());
  local.faults.add({ fault: Fault.disconnect(), times: 1 });
  local.faults.add({ fault: Fault.accessDenied() });
  await expect(client.send(new TransactWriteItemsCommand({ TransactItems: [put] }))).rejects.toMatchObject({ name: 'AccessDeniedException' });
  client.destroy();
  const [first, second] = local.calls;
  expect(first.params.ClientRequestToken).toBe(second.params.ClientRequestToken);
});

describe('the rules', () => {
  const call = { service: 'ec2', action: 'DescribeInstances', params: {}, caller: 'me' };

  test('befall the calls that they name, as often as they say', () => {
    const faults = new Faults();
    faults.add({ service: 'cloudwatch', fault: Fault.throttled() });
    faults.add({ action: 'DescribeInstances', after: 1, times: 2, fault: Fault.half() });
    const undo = faults.add({ fault: Fault.disconnect() });
    const next = (change = {}) => faults.take({ ...call, ...change })?.parts.name;
    expect([next({ service: 'monitoring' }), next(), next(), next(), next()]).toEqual(['throttled', 'disconnect', 'half', 'half', 'disconnect']);
    undo();
    expect(next()).toBeUndefined();
    faults.clear();
    expect(next({ service: 'monitoring' })).toBeUndefined();
  });

  test('befall as many calls as is probable', () => {
    const numbers = [0.1, 0.4, 0.2];
    const faults = new Faults(() => numbers.shift()!);
    faults.add({ probability: 0.3, fault: Fault.half() });
    expect([1, 2, 3].map(() => faults.take(call)?.parts.name)).toEqual(['half', undefined, 'half']);
  });

  test.each([
    [{ service: 'route53' }, /the service route53; the local AWS has cloudwatch, ec2/],
    [{ probability: 2 }, /probability must be from 0 to 1, got 2/],
    [{ times: -1 }, /times must be from 0/],
  ])('refuses %o', (rule, message) => {
    expect(() => new Faults().add({ fault: Fault.half(), ...rule })).toThrow(message);
  });
});
