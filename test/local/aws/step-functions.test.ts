import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { AttributeType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Rule } from 'aws-cdk-lib/aws-events';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import { Code, Function, Runtime, RuntimeFamily } from 'aws-cdk-lib/aws-lambda';
import {
  Chain, Choice, Condition, CustomState, DefinitionBody, Errors, Fail, IChainable, JsonPath, Map, Pass, StateMachine, Succeed, TaskInput, Wait,
  WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { REGION } from '../../../local/aws/account';
import { LocalAws } from '../../../local/aws/aws-endpoint';
import { Fault } from '../../../local/aws/fault';

process.env.CDK_VALIDATION = 'false';
jest.setTimeout(120_000);

let local: LocalAws;
let client: SFNClient;
const directory = mkdtempSync(join(tmpdir(), 'states-'));

beforeEach(async () => {
  local = new LocalAws({ minuteMs: 600 });
  const endpoint = await local.listen();
  client = new SFNClient({ endpoint, region: REGION, credentials: { accessKeyId: 'OPERATOR', secretAccessKey: 'OPERATOR' } });
});
afterEach(async () => {
  client.destroy();
  await local.close();
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const HANDLER = `exports.handler = async event => {
  if (event.fail) { const error = new Error('as asked'); error.name = event.fail; throw error; }
  return { echo: event };
}`;

/** Deploys a stack with a state machine, and answers the machine's ARN. */
function deploy(
  define: (stack: Stack, handler: Function, table: Table) => IChainable, more: (stack: Stack, machine: StateMachine) => void = () => {},
): string {
  const outdir = mkdtempSync(join(directory, 'app-'));
  const stack = new Stack(new App({ outdir }), 'Test');
  const handler = new Function(stack, 'Handler', { runtime: new Runtime('nodejs24.x', RuntimeFamily.NODEJS, { supportsInlineCode: true }), handler: 'index.handler', code: Code.fromInline(HANDLER) });
  const table = new Table(stack, 'Table', { partitionKey: { name: 'id', type: AttributeType.STRING } });
  const machine = new StateMachine(stack, 'Machine', { definitionBody: DefinitionBody.fromChainable(define(stack, handler, table)), timeout: Duration.minutes(5) });
  more(stack, machine);
  (stack.node.root as App).synth();
  local.deploy(outdir, 'Test');
  return [...local.stepFunctions.stateMachines.keys()][0];
}

async function run(stateMachineArn: string, input: object = {}) {
  const { executionArn } = await client.send(new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }));
  return ended(executionArn!);
}

async function ended(executionArn: string) {
  const execution = await local.waitFor('the end', () => local.stepFunctions.executions.find(({ arn, status }) => arn === executionArn && status !== 'RUNNING'), 60_000);
  return { ...execution, output: execution.output && JSON.parse(execution.output) };
}

const invoke = (stack: Stack, id: string, handler: Function, payload: object, resultPath = '$.answer') => new LambdaInvoke(stack, id, {
  lambdaFunction: handler, payload: TaskInput.fromObject({ ...payload }), payloadResponseOnly: true, resultPath, retryOnServiceExceptions: false,
});
const call = (stack: Stack, id: string, resource: string, parameters: object, more: object = {}) => new CustomState(stack, id, {
  stateJson: { Type: 'Task', Resource: `arn:${stack.partition}:states:::aws-sdk:${resource}`, Parameters: parameters, ...more },
});

test('a machine calls functions and tables by its role, over HTTP, and everything between them is interpreted', async () => {
  const arn = deploy((stack, handler, table) => {
    const begin = new Pass(stack, 'Begin', { parameters: { event: JsonPath.objectAt('$'), name: JsonPath.executionName, at: JsonPath.executionStartTime } });
    const put = call(stack, 'Put', 'dynamodb:putItem', {
      TableName: table.tableName, Item: { id: { 'S.$': '$.name' }, whole: { 'S.$': 'States.JsonToString($)' } },
    }, { ResultPath: null });
    const get = call(stack, 'Get', 'dynamodb:getItem', { TableName: table.tableName, Key: { id: { 'S.$': '$.name' } } }, { ResultPath: '$.got' });
    const recall = new Pass(stack, 'Recall', {
      parameters: { merged: JsonPath.jsonMerge(JsonPath.stringToJson(JsonPath.stringAt('$.got.Item.whole.S')), JsonPath.objectAt('$.answer')) },
      outputPath: '$.merged',
    });
    const each = new Map(stack, 'Each', {
      itemsPath: '$.event.items', itemSelector: { item: JsonPath.objectAt('$$.Map.Item.Value') }, maxConcurrency: 1, resultPath: JsonPath.DISCARD,
    });
    each.itemProcessor(new Choice(stack, 'Wanted?').when(Condition.stringEquals('$.item', 'b'), invoke(stack, 'OnItem', handler, { item: JsonPath.stringAt('$.item') }))
      .otherwise(new Pass(stack, 'NotWanted')));
    table.grantReadWriteData(handler);
    return Chain.start(begin).next(put).next(invoke(stack, 'Invoke', handler, { x: JsonPath.stringAt('$.event.x') })).next(get).next(each).next(recall);
  }, (stack, machine) => (stack.node.findChild('Table') as Table).grantReadWriteData(machine));
  const { status, output, error, cause } = await run(arn, { x: 'y', items: ['a', 'b'] });
  expect([error, cause]).toEqual([undefined, undefined]);
  expect(status).toBe('SUCCEEDED');
  expect(output).toMatchObject({ event: { x: 'y' }, name: expect.any(String), at: expect.stringMatching(/^\d{4}-/), echo: { x: 'y' } });
  expect(local.invocations.map(({ event }) => event)).toEqual([{ x: 'y' }, { item: 'b' }]);
  expect(new Set(local.calls.filter(({ service }) => service !== 'states').map(({ caller }) => caller.replace(/\/[^/]*$/, '')))).toEqual(new Set([expect.stringContaining('MachineRole')]));
});

test('fails a task that the role may not do, and catches it by its name', async () => {
  const arn = deploy((stack, _handler, table) => call(stack, 'Get', 'dynamodb:getItem', { TableName: table.tableName, Key: { id: { S: 'x' } } }, {
    Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: 'Caught' }], Next: 'Caught',
  }).next(new Pass(stack, 'Caught')));
  expect((await run(arn)).output.failure).toMatchObject({ Error: 'DynamoDb.DynamoDbException', Cause: expect.stringContaining('is not authorized to perform: dynamodb:GetItem') });
});

test('an error of a function is tried again by its name, in the minutes of the stand', async () => {
  const arn = deploy((stack, handler) => invoke(stack, 'Invoke', handler, { fail: 'NotYet' })
    .addRetry({ errors: ['NotYet'], interval: Duration.minutes(1), maxAttempts: 2, backoffRate: 2 })
    .addCatch(new Pass(stack, 'Caught'), { errors: [Errors.ALL], resultPath: '$.failure' }));
  const begun = Date.now();
  const { output } = await run(arn);
  expect(output.failure.Error).toBe('NotYet');
  expect(JSON.parse(output.failure.Cause)).toMatchObject({ errorType: 'NotYet', errorMessage: 'as asked' });
  expect(local.invocations).toHaveLength(3);
  expect(Date.now() - begun).toBeGreaterThan(3 * 600);
});

test('a condition is not looked at where one before it decides', async () => {
  const arn = deploy(stack => new Choice(stack, 'There?')
    .when(Condition.and(Condition.isPresent('$.list[0]'), Condition.stringEquals('$.list[0].name', 'a')), new Fail(stack, 'NotThere'))
    .otherwise(new Succeed(stack, 'Right')));
  expect((await run(arn, { list: [] })).status).toBe('SUCCEEDED');
  expect((await run(arn, { list: [{ name: 'a' }] })).status).toBe('FAILED');
});

test('an execution that is stopped while it waits ends at once, and its end is an event', async () => {
  const arn = deploy(stack => new Wait(stack, 'Long', { time: WaitTime.duration(Duration.hours(2)) }));
  const { executionArn } = await client.send(new StartExecutionCommand({ stateMachineArn: arn, name: 'one', input: '{"a":1}' }));
  await new Promise(resolve => setTimeout(resolve, 300));
  expect((await client.send(new DescribeExecutionCommand({ executionArn }))).status).toBe('RUNNING');
  await client.send(new StopExecutionCommand({ executionArn }));
  expect((await ended(executionArn!)).status).toBe('ABORTED');
  expect(local.events.published.map(({ detail: { status, name, input } }) => [status, name, input])).toEqual([['RUNNING', 'one', '{"a":1}'], ['ABORTED', 'one', '{"a":1}']]);
});

test('a machine has its time, in the minutes of the stand', async () => {
  const arn = deploy(stack => new Wait(stack, 'Long', { time: WaitTime.duration(Duration.hours(200)) }));
  expect((await run(arn)).status).toBe('TIMED_OUT');
});

test('refuses to start what is not there, or the same name twice', async () => {
  const arn = deploy(stack => new Pass(stack, 'Only'));
  const start = (name: string, stateMachineArn = arn) => client.send(new StartExecutionCommand({ stateMachineArn, name }));
  await start('one');
  await expect(start('one')).rejects.toThrow(expect.objectContaining({ name: 'ExecutionAlreadyExists' }));
  await expect(start('two', `${arn}x`)).rejects.toThrow(expect.objectContaining({ name: 'StateMachineDoesNotExist' }));
});

test('a rule starts it with the event, by the role of its target', async () => {
  deploy(stack => new Pass(stack, 'Only'), (stack, machine) => {
    new Rule(stack, 'Rule', { eventPattern: { source: ['mine'] }, targets: [new SfnStateMachine(machine)] });
  });
  local.events.put('mine', 'Something', [], { a: 1 });
  const execution = await local.waitFor('the execution', () => local.stepFunctions.executions[0], 30_000);
  expect((await ended(execution.arn)).output).toMatchObject({ 'source': 'mine', 'detail-type': 'Something', 'detail': { a: 1 } });
});

test('a fault of a service reaches the machine', async () => {
  const arn = deploy((stack, handler) => invoke(stack, 'Invoke', handler, {}).addRetry({ errors: [Errors.ALL], interval: Duration.seconds(1), maxAttempts: 2 }));
  local.faults.add({ service: 'lambda', action: 'Invoke', times: 2, fault: Fault.serverError() });
  expect((await run(arn)).status).toBe('SUCCEEDED');
});

test('nothing is left behind, and nothing starts before the first execution', async () => {
  const arn = deploy(stack => new Wait(stack, 'Long', { time: WaitTime.duration(Duration.hours(2)) }));
  expect(await local.stepFunctions.emulatorPid()).toBeUndefined();
  await client.send(new StartExecutionCommand({ stateMachineArn: arn }));
  const pid = (await local.stepFunctions.emulatorPid())!;
  await local.close();
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});
