import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aws, AWS_CLIS } from './clients';
import { LocalAws } from '../../../local/aws/aws-endpoint';
import { Role } from '../../../local/aws/iam';
import { FunctionProperties } from '../../../local/aws/lambda-function';

jest.setTimeout(60_000);
const SOURCE = { service: 'events.amazonaws.com', arn: 'arn:aws:events:us-east-1:123456789012:rule/r', account: '123456789012' };
const TRUST = { Statement: { Effect: 'Allow' as const, Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' } };

let local: LocalAws;
let endpoint: string;
let directory: string;

beforeEach(async () => {
  local = new LocalAws({ minuteMs: 50 });
  endpoint = await local.listen();
  directory = mkdtempSync(join(tmpdir(), 'lambda-test-'));
});

afterEach(async () => {
  await local.close();
  rmSync(directory, { recursive: true });
});

/** A function with this code. */
function create(code: string, properties: Partial<FunctionProperties> = {}) {
  writeFileSync(join(directory, 'index.js'), code);
  const role = new Role('FunctionRole', TRUST);
  local.iam.roles.set(role.name, role);
  local.lambda.create({
    name: 'Function',
    runtime: 'nodejs24.x',
    handler: 'index.handler',
    codeDirectory: directory,
    timeoutSeconds: 20,
    memoryMiB: 256,
    logGroup: '/logs',
    logFormat: 'JSON',
    variables: {},
    ...properties,
  }, role);
  return local.lambda.get('Function');
}

async function invoke(code: string, event: object = {}, properties: Partial<FunctionProperties> = {}) {
  return create(code, properties).code.execute('11111111-2222-3333-4444-555555555555', event, { AWS_ENDPOINT_URL: endpoint });
}

test('runs the handler under Node.js 24 in the environment of Lambda and no other', async () => {
  process.env.LEAK = 'of this machine';
  const { result, error, logs } = await invoke(`exports.handler = async (event, context) => {
    console.log('first\\nsecond');
    console.error('third');
    return { event, context, version: process.version, env: process.env, left: context.getRemainingTimeInMillis() };
  };`, { a: 1 }, { variables: { COLOUR: 'green' } });
  delete process.env.LEAK;
  expect(error).toBeUndefined();
  const answer = JSON.parse(result!);
  expect(answer).toMatchObject({
    event: { a: 1 },
    version: expect.stringMatching(/^v24\./),
    context: { functionName: 'Function', awsRequestId: '11111111-2222-3333-4444-555555555555', memoryLimitInMB: '256', logGroupName: '/logs' },
    env: {
      AWS_REGION: 'us-east-1',
      AWS_LAMBDA_FUNCTION_NAME: 'Function',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_LAMBDA_LOG_FORMAT: 'JSON',
      AWS_ENDPOINT_URL: endpoint,
      COLOUR: 'green',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    },
  });
  expect(answer.left).toBeGreaterThan(10_000);
  expect(answer.env).not.toHaveProperty('LEAK');
  expect(answer.env).not.toHaveProperty('HOME');
  expect([...logs].sort()).toEqual(['first', 'second', 'third']);
});

test.each([
  ['throws', 'exports.handler = async () => { throw new RangeError("too far"); };', { errorType: 'RangeError', errorMessage: 'too far', trace: expect.any(Array) }],
  ['is not exported', 'exports.main = async () => {};', { errorType: 'Runtime.HandlerNotFound', errorMessage: 'index.handler is undefined or not exported' }],
  ['does not load', 'syntax error', { errorType: 'SyntaxError' }],
  ['ends the process', 'exports.handler = async () => process.exit(7);', {
    errorType: 'Runtime.ExitError', errorMessage: 'RequestId: 11111111-2222-3333-4444-555555555555 Error: Runtime exited with error: exit status 7',
  }],
])('fails when the handler %s', async (_, code, expected) => {
  const { result, error } = await invoke(code);
  expect(result).toBeUndefined();
  expect(error).toMatchObject(expected);
});

test('fails when the handler takes longer than its timeout', async () => {
  const { error, seconds } = await invoke('exports.handler = async () => { for (;;); };', {}, { timeoutSeconds: 1 });
  expect(error).toEqual({ errorType: 'Sandbox.Timedout', errorMessage: 'RequestId: 11111111-2222-3333-4444-555555555555 Error: Task timed out after 1.00 seconds' });
  expect(seconds).toBeGreaterThanOrEqual(1);
});

test('refuses a runtime that is not at hand, and a role that Lambda cannot assume', () => {
  expect(() => create('', { runtime: 'nodejs18.x' })).toThrow(/has the runtime nodejs18.x, but the local stand has Node.js 24/);
  const role = new Role('Other', { Statement: { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' } });
  expect(() => local.lambda.create({} as FunctionProperties, role)).toThrow(/cannot be assumed by Lambda/);
});

describe('asynchronous invocation', () => {
  const COUNTING = `const fs = require('node:fs');
    exports.handler = async event => {
      fs.appendFileSync('tries', 'x');
      if (fs.readFileSync('tries').length <= event.failures) throw new Error('not yet');
    };`;

  async function settled(failures: number, retries: number) {
    const deployed = create(COUNTING);
    deployed.asyncConfig = { ...deployed.asyncConfig, retries, onFailure: 'arn:aws:sqs:us-east-1:123456789012:dead' };
    deployed.permissions.push({ Effect: 'Allow', Principal: { Service: SOURCE.service }, Action: 'lambda:InvokeFunction', Resource: '*' });
    expect(local.lambda.invokeFrom(SOURCE, deployed.code.arn, { failures })).toBeUndefined();
    return local.waitFor('the end', () => local.invocations[0].state !== 'running' && local.invocations[0], 30_000);
  }

  test('is tried again until it succeeds', async () => {
    expect(await settled(1, 2)).toMatchObject({
      state: 'succeeded', source: 'events.amazonaws.com', attempts: [{ error: { errorMessage: 'not yet' } }, { result: 'null' }],
    });
  });

  test('fails after the retries of the function, and goes to its destination', async () => {
    const invocation = await settled(9, 1);
    expect(invocation).toMatchObject({ state: 'failed', discardedTo: 'arn:aws:sqs:us-east-1:123456789012:dead' });
    expect(invocation.attempts).toHaveLength(2);
  });

  test('refuses a service without a permission', () => {
    const { code } = create(COUNTING);
    expect(local.lambda.invokeFrom(SOURCE, code.arn, {})).toBe(`no AWS::Lambda::Permission lets ${SOURCE.service} invoke it for ${SOURCE.arn}`);
    expect(local.invocations).toEqual([]);
  });

  test('nothing is left running at close', async () => {
    const deployed = create('console.log(process.pid); exports.handler = async () => { for (;;); };', { timeoutSeconds: 40 });
    deployed.permissions.push({ Effect: 'Allow', Principal: { Service: SOURCE.service }, Action: 'lambda:InvokeFunction', Resource: '*' });
    local.lambda.invokeFrom(SOURCE, deployed.code.arn, {});
    const pid = Number(await local.waitFor('the process', () => deployed.code.logs[0], 10_000));
    const start = Date.now();
    await local.close();
    expect(Date.now() - start).toBeLessThan(20_000); // and not when the function's time is up
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    local = new LocalAws();
  });
});

describe.each(AWS_CLIS)('aws lambda invoke with %s', cli => {
  const invokeWith = (payload: string, ...args: string[]) => {
    writeFileSync(join(directory, 'payload'), payload);
    return aws(cli, endpoint, 'lambda', 'invoke', '--payload', `fileb://${join(directory, 'payload')}`, ...args, join(directory, 'answer'));
  };
  const answer = () => JSON.parse(readFileSync(join(directory, 'answer'), 'utf8'));

  test('answers the result and the log', async () => {
    create('exports.handler = async event => { console.log("seen"); return event.a + 1; };');
    const { stdout, stderr } = await invokeWith('{"a":1}', '--function-name', 'Function', '--log-type', 'Tail');
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ StatusCode: 200, LogResult: Buffer.from('seen').toString('base64') });
    expect(answer()).toBe(2);
  });

  test('shows the failure of a function, and a function that is not there', async () => {
    create('exports.handler = async () => { throw new TypeError("no"); };');
    const failed = await invokeWith('{}', '--function-name', 'Function');
    expect(JSON.parse(failed.stdout)).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled' });
    expect(answer()).toMatchObject({ errorType: 'TypeError', errorMessage: 'no' });
    expect((await invokeWith('{}', '--function-name', 'Nothing')).stderr).toContain('(ResourceNotFoundException)');
  });
});
