import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryMachine } from './memory-machine';
import { LocalAws } from '../../../local/aws/aws-endpoint';
import { Role } from '../../../local/aws/iam';

jest.setTimeout(90_000);
const InstanceId = 'i-0123456789abcdef0';
const SOURCE = { service: 'events.amazonaws.com', arn: 'arn:aws:events:us-east-1:123456789012:rule/r', account: '123456789012' };

let local: LocalAws;
let directory: string;
let machine: MemoryMachine;

beforeEach(async () => {
  local = new LocalAws({ minuteMs: 50, lambda: { reuse: true } });
  await local.listen();
  machine = new MemoryMachine(InstanceId);
  local.launch(machine);
  directory = mkdtempSync(join(tmpdir(), 'lambda-test-'));
});
afterEach(async () => {
  await local.close();
  rmSync(directory, { recursive: true });
});

function create(code: string, timeoutSeconds = 20) {
  writeFileSync(join(directory, 'index.js'), code);
  const role = new Role('FunctionRole', { Statement: { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' } });
  role.attach('Calls', { Statement: { Effect: 'Allow', Action: 'ec2:*', Resource: '*' } });
  local.lambda.create({
    name: 'Function', runtime: 'nodejs24.x', handler: 'index.handler', codeDirectory: directory, timeoutSeconds, memoryMiB: 256, logGroup: '/logs', logFormat: 'JSON', variables: {},
  }, role);
  const deployed = local.lambda.get('Function');
  deployed.permissions.push({ Effect: 'Allow', Principal: { Service: SOURCE.service }, Action: 'lambda:InvokeFunction', Resource: '*' });
  return deployed.code;
}

const invoke = (event: object = {}) => local.lambda.invokeFrom(SOURCE, 'Function', event);
const settled = (count: number) => local.waitFor(`the end of ${count}`, () =>
  local.invocations.length === count && local.invocations.every(({ state }) => state !== 'running'), 60_000);
const results = () => local.invocations.map(({ attempts }) => JSON.parse(attempts[attempts.length - 1].result!));

test('one process serves one invocation after the other, and each has its own lines', async () => {
  const code = create('let n = 0; exports.handler = async ({ text }) => { console.log(text); process.stderr.write(text + "!"); return [process.pid, ++n]; };');
  for (const [index, text] of ['a', 'b', 'c'].entries()) {
    invoke({ text });
    await settled(index + 1);
  }
  const [[pid]] = results();
  expect(results()).toEqual([[pid, 1], [pid, 2], [pid, 3]]);
  expect(local.invocations.map(({ attempts }) => [...attempts[0].logs].sort())).toEqual([['a', 'a!'], ['b', 'b!'], ['c', 'c!']]);
  expect(code.coldStarts).toBe(1);
  await local.close();
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

test('invocations at once have processes of their own', async () => {
  const code = create('exports.handler = async () => { await new Promise(resolve => setTimeout(resolve, 1500)); return process.pid; };');
  for (let i = 0; i < 3; i++) invoke();
  await settled(3);
  expect(new Set(results()).size).toBe(3);
  expect(code.coldStarts).toBe(3);
});

test.each([
  ['stays after a handler that fails', 'throw new Error("no");', 1],
  ['is given up after a process that ends', 'process.exit(1);', 2],
  ['is given up after its time', 'for (;;);', 2],
])('an environment %s', async (_, statement, coldStarts) => {
  const code = create(`let n = 0; exports.handler = async () => { if (process.env.X !== 'x' && require('fs').existsSync('fail')) { require('fs').unlinkSync('fail'); ${statement} } return ++n; };`, 2);
  writeFileSync(join(directory, 'fail'), '');
  invoke();
  await settled(1);
  expect(local.invocations[0].attempts).toHaveLength(2); // the retry went well
  expect(results()).toEqual([1]);
  expect(code.coldStarts).toBe(coldStarts);
});

test('five hundred invocations, fifty at a time', async () => {
  const code = create('exports.handler = async event => { await new Promise(resolve => setTimeout(resolve, 20)); return event.i; };');
  let next = 0;
  const start = Date.now();
  await Promise.all(Array.from({ length: 50 }, async () => {
    while (next < 500) {
      const i = next++;
      await code.execute(`request-${i}`, { i }, {});
    }
  }));
  expect(Date.now() - start).toBeLessThan(60_000);
  expect(code.coldStarts).toBeLessThanOrEqual(50);
});

describe('a function that is killed at a call', () => {
  const INTERRUPTING = `
    const { EC2Client, SendDiagnosticInterruptCommand } = require(${JSON.stringify(require.resolve('@aws-sdk/client-ec2'))});
    const client = new EC2Client();
    exports.handler = async () => { await client.send(new SendDiagnosticInterruptCommand({ InstanceId: '${InstanceId}' })); return 'done'; };`;

  test.each([['before', 1], ['after', 2]] as const)('%s it is carried out fails, and is tried again', async (moment, nmis) => {
    const code = create(INTERRUPTING);
    local.lambda.killWhen((invocation, call) => call.action === 'SendDiagnosticInterrupt' && invocation.attempts.length === 0, moment);
    invoke();
    await settled(1);
    expect(local.invocations[0].attempts).toMatchObject([
      { error: { errorType: 'Runtime.ExitError', errorMessage: expect.stringContaining('signal: SIGKILL') } }, { result: '"done"' },
    ]);
    expect(machine.nmis).toBe(nmis);
    expect(code.coldStarts).toBe(2);
  });

  test('fails warm, too', async () => {
    create(INTERRUPTING);
    invoke();
    await settled(1);
    local.lambda.killWhen(({ event, attempts }) => event.victim && attempts.length === 0);
    invoke({ victim: true });
    await settled(2);
    expect(local.invocations[1].attempts).toHaveLength(2);
    expect(machine.nmis).toBe(2);
  });
});
