/**
 * How long it takes from the event to the interrupt, beside the round trips alone, in one run.
 *
 *   npm run bench:latency
 *
 * Every answer of AWS takes 20 ms more than it takes here. It fails where the number of round trips one after the other, or a ratio, is
 * beyond its bound; it is no test, since a busy machine may fail it. Median is compared with median and p99 with p99: what the machine
 * does now and then, it does to both sides.
 */
import { Agent, request } from 'node:http';
import { performance } from 'node:perf_hooks';
import { RecordedCall } from '../../local/aws/aws-endpoint';
import { Deployed, WEB } from '../interrupt/deployed';

const LATENCY_MS = 20;
const WARM_RUNS = 200;
const COLD_RUNS = 5;
/** Until the functions that both sides run are compiled. */
const WARM_UP_RUNS = 50;
const MOST_ROUND_TRIPS = { cold: 4, warm: 3 };
const MOST_RATIO = 1.25;
const EVENT = { instanceId: WEB, reason: 'a benchmark' };

const connections = new Agent({ keepAlive: true });

/** A call without an SDK: the endpoint asks for no valid signature. */
function callRaw(port: number, service: string, body: string, headers: Record<string, string>): Promise<void> {
  const authorization = `AWS4-HMAC-SHA256 Credential=BENCH/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;
  return new Promise((resolve, reject) => {
    request({ port, method: 'POST', agent: connections, headers: { authorization, ...headers } }, response => {
      response.resume().once('end', () => response.statusCode === 200 ? resolve() : reject(new Error(`${service} answered ${response.statusCode}`)));
    }).once('error', reject).end(body);
  });
}

class Bench {
  private readonly table: string;

  constructor(private readonly deployed: Deployed) {
    const policy = JSON.parse(deployed.local.lambda.get(deployed.functionName).code.properties.variables.INTERRUPT_POLICY);
    this.table = policy.claims.tableName;
  }

  /** From the event to the answer about the interrupt, and the calls that it took. */
  public async decide(): Promise<{ ms: number; calls: RecordedCall[] }> {
    const seen = this.deployed.calls.length;
    const start = performance.now();
    const { outcome } = await this.deployed.call(EVENT);
    const ms = performance.now() - start;
    if (!outcome?.sent) throw new Error(`The interrupt was not sent: ${JSON.stringify(outcome)}`);
    const calls = this.deployed.calls.slice(seen);
    await Promise.all([this.forget('instance', WEB), this.forget('breaker', '000')]);
    return { ms, calls };
  }

  /** The least that it takes: the evidence at once, then the claim, then the call, with nothing in between. */
  public async roundTrips(): Promise<number> {
    const start = performance.now();
    await Promise.all([
      this.ec2('DescribeInstances', { 'InstanceId.1': WEB }),
      this.ec2('DescribeInstanceStatus', { 'InstanceId.1': WEB, 'IncludeAllInstances': 'true' }),
      this.call('ssm', JSON.stringify({ InstanceId: WEB }), '1.1', 'AmazonSSM.DescribeInstanceAssociationsStatus'),
      this.dynamoDb('GetItem', { Key: keyOf('instance', WEB) }),
      this.dynamoDb('Query', { KeyConditionExpression: 'kind = :breaker', ExpressionAttributeValues: { ':breaker': { S: 'breaker' } } }),
    ]);
    await this.dynamoDb('TransactWriteItems', {
      TransactItems: [WEB, '000'].map(name => ({ Put: { TableName: this.table, Item: keyOf('floor', name) } })),
    });
    await this.ec2('SendDiagnosticInterrupt', { InstanceId: WEB });
    return performance.now() - start;
  }

  private forget(kind: string, name: string): Promise<void> {
    return this.dynamoDb('DeleteItem', { Key: keyOf(kind, name) });
  }

  private ec2(action: string, params: Record<string, string>): Promise<void> {
    const body = new URLSearchParams({ Action: action, Version: '2016-11-15', ...params }).toString();
    return callRaw(this.deployed.local.port, 'ec2', body, { 'content-type': 'application/x-www-form-urlencoded' });
  }

  private dynamoDb(action: string, params: object): Promise<void> {
    const body = JSON.stringify(action === 'TransactWriteItems' ? params : { TableName: this.table, ...params });
    return this.call('dynamodb', body, '1.0', `DynamoDB_20120810.${action}`);
  }

  private call(service: string, body: string, version: string, target: string): Promise<void> {
    return callRaw(this.deployed.local.port, service, body, { 'content-type': `application/x-amz-json-${version}`, 'x-amz-target': target });
  }
}

const keyOf = (kind: string, name: string) => ({ kind: { S: kind }, name: { S: name } });

/** Calls that come before the first one of a round can be answered are of the same round. */
function roundsOf(calls: RecordedCall[]): string[][] {
  const rounds: { from: number; actions: string[] }[] = [];
  for (const { time, action } of [...calls].sort((one, other) => one.time.getTime() - other.time.getTime())) {
    const last = rounds[rounds.length - 1];
    if (last && time.getTime() < last.from + LATENCY_MS) last.actions.push(action);
    else rounds.push({ from: time.getTime(), actions: [action] });
  }
  return rounds.map(({ actions }) => actions);
}

function quantile(values: number[], share: number): number {
  return [...values].sort((one, other) => one - other)[Math.min(values.length - 1, Math.floor(values.length * share))];
}

async function hung(reuse: boolean): Promise<Deployed> {
  const deployed = await Deployed.deploy({ alarm: false, aws: { latencyMs: LATENCY_MS, minuteMs: 200, lambda: { reuse } } });
  await deployed.local.dynamodb.ready();
  await deployed.agentReports(0);
  await deployed.stopAnswering();
  return deployed;
}

async function main(): Promise<number> {
  const cold = await hung(false);
  const coldRuns = [];
  for (let run = 0; run < COLD_RUNS; run++) coldRuns.push(await new Bench(cold).decide());
  await cold.close();

  const warm = await hung(true);
  const bench = new Bench(warm);
  for (let run = 0; run < WARM_UP_RUNS; run++) {
    await bench.decide();
    await bench.roundTrips();
  }
  const warmRuns = [];
  const floor: number[] = [];
  for (let run = 0; run < WARM_RUNS; run++) {
    warmRuns.push(await bench.decide());
    floor.push(await bench.roundTrips());
  }
  await warm.close();
  connections.destroy();

  const most = (runs: { calls: RecordedCall[] }[]) => runs.map(({ calls }) => roundsOf(calls)).sort((one, other) => other.length - one.length)[0];
  const [coldRounds, warmRounds] = [most(coldRuns), most(warmRuns)];
  const times = warmRuns.map(({ ms }) => ms);
  const ratioAt = (share: number) => quantile(times, share) / quantile(floor, share);
  console.log(`Every answer takes ${LATENCY_MS} ms more.
cold  ${coldRounds.length} round trips (at most ${MOST_ROUND_TRIPS.cold}): ${coldRounds.map(each => each.join(' ')).join(' | ')}
      median ${quantile(coldRuns.map(({ ms }) => ms), 0.5).toFixed(0)} ms with the start of the process
warm  ${warmRounds.length} round trips (at most ${MOST_ROUND_TRIPS.warm}): ${warmRounds.map(each => each.join(' ')).join(' | ')}
      median ${quantile(times, 0.5).toFixed(1)} ms, p99 ${quantile(times, 0.99).toFixed(1)} ms of ${WARM_RUNS} runs
floor median ${quantile(floor, 0.5).toFixed(1)} ms, p99 ${quantile(floor, 0.99).toFixed(1)} ms: the same round trips with nothing in between
ratio ${ratioAt(0.5).toFixed(2)} of the medians, ${ratioAt(0.99).toFixed(2)} of the p99 (at most ${MOST_RATIO}), \
${(quantile(times, 0.99) / quantile(floor, 0.5)).toFixed(2)} of p99 to the median floor`);
  const within = coldRounds.length <= MOST_ROUND_TRIPS.cold && warmRounds.length <= MOST_ROUND_TRIPS.warm
    && [0.5, 0.99].every(share => ratioAt(share) <= MOST_RATIO);
  return within ? 0 : 1;
}

void main().then(code => { process.exitCode = code; });
