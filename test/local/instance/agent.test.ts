import { ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, Server, ServerResponse } from 'node:http';
import { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const AGENT = join(__dirname, '../../../local/instance/guest/agent.py');
const INSTANCE = 'i-0123456789abcdef0';

interface Result {
  readonly status: string;
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly runs: number;
}

let state: string;
let server: Server;
let port: number;
let agent: ChildProcess;
/** What the endpoint answers to the agent's next poll; kept open while there is nothing. */
let command: object | undefined;
let parked: ServerResponse | undefined;
let onResult: (result: Result) => void;
/** For each command that the agent accepted, whether it had noted it. */
let accepted: boolean[];

// Interpreters are started several times in a test, on a machine that may be busy.
jest.setTimeout(30_000);

beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), 'agent-'));
  command = undefined;
  parked = undefined;
  accepted = [];
  await listen();
  startAgent();
});

afterEach(async () => {
  agent.kill('SIGKILL');
  await close();
  rmSync(state, { recursive: true });
});

/** The endpoint, by default on a port of the system's choice. */
async function listen(at = 0): Promise<void> {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (text) => body += text).on('end', () => {
      if (request.method === 'GET' && request.url === `/agent/${INSTANCE}/next`) {
        parked = response;
        hand();
      } else if (request.url === `/agent/${INSTANCE}/accepted`) {
        // What it accepts is on its disk by then, so that a crash right after it loses nothing.
        accepted.push(JSON.parse(body).commandId === JSON.parse(readFileSync(join(state, 'command.json'), 'utf8')).command.commandId);
        response.end();
      } else {
        response.end();
        onResult(JSON.parse(body));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
}

async function close(): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

function hand(): void {
  if (command && parked) {
    parked.end(JSON.stringify(command));
    command = undefined;
    parked = undefined;
  }
}

/** Restarting the machine kills the agent here; the test starts it again. */
function startAgent(): void {
  agent = spawn('python3', ['-I', '-S', AGENT, `127.0.0.1:${port}`, INSTANCE], {
    env: { PATH: process.env.PATH, CDI_AGENT_STATE: state, CDI_AGENT_DATA: join(state, 'ssm'), CDI_AGENT_REBOOT: `echo >> ${state}/reboots; kill -9 $PPID` },
    stdio: 'ignore',
  });
}

const agentGone = () => new Promise((resolve) => agent.once('exit', resolve));

function carryOut(content: object, parameters: object = {}): Promise<Result> {
  const result = new Promise<Result>((resolve) => onResult = resolve);
  command = { commandId: 'c0ffee00-0000-4000-8000-000000000001', documentName: 'Test', content, parameters };
  hand();
  return result;
}

const step = (runCommand: unknown, inputs: object = {}, name = 'run') => ({ action: 'aws:runShellScript', name, inputs: { runCommand, ...inputs } });
const documentOf = (mainSteps: object[], parameters?: object) => ({ schemaVersion: '2.2', mainSteps, parameters });
const run = (...lines: string[]) => carryOut(documentOf([step(lines)]));

test('a script succeeds; its lines are one file, run by sh, and its outputs are kept apart', async () => {
  const result = await run('value=from_the_line_before', 'echo "$value $AWS_SSM_INSTANCE_ID"', 'echo warning >&2');
  expect(result).toEqual({
    commandId: expect.any(String), status: 'Success', exitCode: 0, stdout: `from_the_line_before ${INSTANCE}\n`, stderr: 'warning\n', runs: 1,
  });
});

test('the folder of the instance is there for custom inventory, as the real agent has it', async () => {
  await expect(run(`test -d ${join(state, 'ssm', INSTANCE)}`)).resolves.toMatchObject({ status: 'Success' });
});

test('a command is accepted once it is noted, and once only', async () => {
  await run('true');
  await run('true');
  expect(accepted).toEqual([true, true]);
});

test('fails with the exit status of the script, and the next command runs', async () => {
  await expect(run('echo bad', 'exit 3')).resolves.toMatchObject({ status: 'Failed', exitCode: 3, stdout: 'bad\n' });
  await expect(run('true')).resolves.toMatchObject({ status: 'Success' });
});

test('fails, but runs the steps after it, when a step fails', async () => {
  const result = await carryOut(documentOf([step(['exit 4'], {}, 'one'), step(['echo two'], {}, 'two'), step(['exit 5'], {}, 'three')]));
  expect(result).toMatchObject({ status: 'Failed', exitCode: 4, stdout: 'two\n', runs: 3 });
});

test('fails as TimedOut, with all that it started, when a script takes too long', async () => {
  const result = await carryOut(documentOf([step([`(sleep 7; touch ${state}/survived) &`, 'echo begun', 'wait'], { timeoutSeconds: '5' })]));
  expect(result).toMatchObject({ status: 'TimedOut', exitCode: 137, stdout: 'begun\n' });
  await new Promise((resolve) => setTimeout(resolve, 2500));
  expect(existsSync(join(state, 'survived'))).toBe(false);
});

test('output is cut to 24,000 and 8,000 characters, and says so', async () => {
  const { stdout, stderr } = await run('printf %030000d 0', 'printf %09000d 0 >&2');
  expect(stdout).toMatch(/^0+--output truncated--$/);
  expect(stderr).toMatch(/^0+--output truncated--$/);
  expect([stdout.length, stderr.length]).toEqual([24_000, 8_000]);
});

test('exit status 194 restarts the machine and runs the step again; steps before it are not repeated', async () => {
  const content = documentOf([
    step(['echo first'], {}, 'first'),
    step([`echo "run $(wc -l < ${state}/reboots 2>/dev/null || echo 0)"`, `[ -e ${state}/reboots ] || exit 194`], {}, 'second'),
  ]);
  const result = carryOut(content);
  await agentGone();
  startAgent();
  await expect(result).resolves.toMatchObject({ status: 'Success', exitCode: 0, stdout: 'first\nrun 0\nrun 1\n', runs: 3 });
  expect(readFileSync(join(state, 'reboots'), 'utf8')).toBe('\n');
});

test('a command that a crash of the machine interrupted is started again', async () => {
  const begun = join(state, 'begun');
  const result = run(`[ -e ${begun} ] || { touch ${begun}; exec sleep 5; }`, 'echo survived');
  while (!existsSync(begun)) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const gone = agentGone();
  agent.kill('SIGKILL');
  await gone;
  startAgent();
  await expect(result).resolves.toMatchObject({ status: 'Success', stdout: 'survived\n', runs: 2 });
});

test('an endpoint that was away is found again', async () => {
  await run('true');
  await close();
  parked = undefined;
  await listen(port);
  await expect(run('echo back')).resolves.toMatchObject({ stdout: 'back\n' });
});

test('a step for another platform is skipped', async () => {
  const result = await carryOut(documentOf([{ ...step(['echo no'], {}, 'other'), precondition: { StringEquals: ['platformType', 'Windows'] } }]));
  expect(result).toMatchObject({
    status: 'Success', runs: 0, stdout: 'Step execution skipped due to incompatible platform. Step name: other\n',
  });
});

describe('parameters', () => {
  const parameters = {
    commands: { type: 'StringList', default: [] },
    word: { type: 'String', default: 'default', allowedPattern: '^[a-z]+$' },
    choice: { type: 'String', default: 'yes', allowedValues: ['yes', 'no'] },
  };
  const content = documentOf([step(['echo {{ word }} {{choice}} {{ unknown }}', '{{ commands }}'], { workingDirectory: '/usr' })], parameters);

  test('are put in: given or default, strings in a text, lists as lines', async () => {
    const result = await carryOut(content, { word: ['given'], commands: ['echo one', 'pwd'] });
    expect(result.stdout).toBe('given yes {{ unknown }}\none\n/usr\n');
  });

  test.each([
    ['a value that does not match its pattern', { word: 'x; reboot' }, 'does not match the allowed pattern ^[a-z]+$'],
    ['a value that is not allowed', { choice: 'perhaps' }, 'allowed are yes, no'],
    ['a parameter that the document lacks', { words: 'x' }, 'parameter words is not defined'],
    ['several values for one', { word: ['a', 'b'] }, 'was given 2 values'],
    ['a value that is not text', { word: 7 }, 'which is not a string'],
  ])('refuses %s', async (_, given, complaint) => {
    const result = await carryOut(content, given);
    expect(result).toMatchObject({ status: 'Failed', runs: 0, stdout: '', stderr: expect.stringContaining(complaint) });
  });
});

test.each([
  ['an action that it does not know', documentOf([{ ...step(['true']), action: 'aws:runPowerShellScript' }]), 'aws:runPowerShellScript'],
  ['another schema version', { ...documentOf([step(['true'])]), schemaVersion: '0.3' }, 'schema version 0.3'],
  ['inputs that it does not know', documentOf([step(['true'], { finallyStep: true })]), 'has finallyStep, which this agent does not know'],
  ['a precondition that it does not know', documentOf([{ ...step(['true']), precondition: { StringLike: ['a', 'b'] } }]), 'StringLike'],
  ['a parameter without value', documentOf([step(['true'])], { word: { type: 'String' } }), 'parameter word is missing'],
  ['a parameter of another type', documentOf([step(['true'])], { word: { type: 'Boolean', default: true } }), 'of type Boolean'],
  ['Parameter Store', documentOf([step(['echo {{ ssm:secret }}'])]), 'Parameter Store'],
  ['a document without steps', documentOf([]), 'no mainSteps'],
])('refuses %s', async (_, content, complaint) => {
  await expect(carryOut(content)).resolves.toMatchObject({ status: 'Failed', exitCode: 1, runs: 0, stderr: expect.stringContaining(complaint) });
});
