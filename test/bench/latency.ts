import { performance } from 'node:perf_hooks';
import { Boto3Process } from './boto3-process';
import { RawAws } from './raw-aws';
import { atMost, fasterBy, Measurement, Row } from './row';
import { quantile } from './statistics';
import { inTurns } from './turns';
import { RecordedCall } from '../../local/aws/aws-endpoint';
import { Fault } from '../../local/aws/fault';
import { Deployed, WEB } from '../interrupt/deployed';

const LATENCY_MS = 20;
/** Until the functions that all sides run are compiled. */
const WARM_UP_ROUNDS = 40;
const ROUNDS = 150;

const keyOf = (kind: string, name: string) => ({ kind: { S: kind }, name: { S: name } });

/** One instance that hangs and its alarm, and three who act on it. */
class Incident {
  public static async begin(): Promise<Incident> {
    // The alarm goes off once by itself, which shows what its event is; from then on nothing but the benchmark calls.
    const deployed = await Deployed.deploy({ aws: { latencyMs: LATENCY_MS, minuteMs: 1000, lambda: { reuse: true } } });
    await deployed.local.dynamodb.ready();
    await deployed.agentReports(0);
    await deployed.hang();
    const python = await Boto3Process.start(`http://127.0.0.1:${deployed.local.port}`);
    const incident = new Incident(deployed, new RawAws(deployed.local.port), python);
    await incident.forget();
    return incident;
  }

  private readonly table: string;
  private readonly association: string;
  private readonly alarm: string;
  private sent = 0;

  private constructor(private readonly deployed: Deployed, private readonly aws: RawAws, private readonly python: Boto3Process) {
    const { claims, associationId } = JSON.parse(deployed.local.lambda.get(deployed.functionName).code.properties.variables.INTERRUPT_POLICY);
    [this.table, this.association] = [claims.tableName, associationId];
    this.alarm = this.event().alarmData.alarmName;
    // Faults are asked about a call when it arrives, before it takes its time.
    deployed.local.faults.add({
      service: 'ec2',
      action: 'SendDiagnosticInterrupt',
      only: () => {
        this.sent = performance.now();
        return false;
      },
      fault: Fault.slow(0),
    });
  }

  /** From the alarm's event to the request, and the calls that were made. */
  public async ours(): Promise<{ ms: number; calls: RecordedCall[] }> {
    const seen = this.deployed.calls.length;
    const event = this.event();
    const ms = await this.untilSent(async () => {
      const { outcome } = await this.deployed.call(event);
      if (!outcome?.sent) throw new Error(`The interrupt was not sent: ${JSON.stringify(outcome)}`);
    });
    return { ms, calls: this.deployed.calls.slice(seen) };
  }

  /** The same checks one after the other. */
  public boto3(): Promise<number> {
    return this.untilSent(() => this.python.handle({ event: this.event(), association: this.association, table: this.table }));
  }

  /** The least that it takes: the evidence at once, then the claim, then the call, with nothing in between. */
  public floor(): Promise<number> {
    const { aws, table } = this;
    return this.untilSent(async () => {
      await Promise.all([
        aws.cloudWatch('DescribeAlarms', { 'AlarmNames.member.1': this.alarm, 'AlarmTypes.member.1': 'MetricAlarm' }),
        aws.cloudWatch('ListAlarmMuteRules', { 'AlarmName': this.alarm, 'Statuses.member.1': 'ACTIVE' }),
        aws.ec2('DescribeInstances', { 'InstanceId.1': WEB }),
        aws.ec2('DescribeInstanceStatus', { 'InstanceId.1': WEB, 'IncludeAllInstances': 'true' }),
        aws.ssm('DescribeInstanceAssociationsStatus', { InstanceId: WEB }),
        aws.dynamoDb('GetItem', { TableName: table, Key: keyOf('instance', WEB) }),
        aws.dynamoDb('Query', { TableName: table, KeyConditionExpression: 'kind = :breaker', ExpressionAttributeValues: { ':breaker': { S: 'breaker' } } }),
      ]);
      await aws.dynamoDb('TransactWriteItems', {
        TransactItems: [keyOf('instance', WEB), keyOf('breaker', '000')].map(key => ({
          Put: { TableName: table, Item: { ...key, expiresAt: { N: '4102444800' } }, ConditionExpression: 'attribute_not_exists(kind)' },
        })),
      });
      await aws.ec2('SendDiagnosticInterrupt', { InstanceId: WEB });
    });
  }

  public async end(): Promise<void> {
    await this.python.end();
    this.aws.close();
    await this.deployed.close();
  }

  private async untilSent(act: () => Promise<void>): Promise<number> {
    const start = performance.now();
    await act();
    if (this.sent < start) throw new Error('No request for an interrupt was seen.');
    await this.forget();
    return this.sent - start;
  }

  /** The claim, so that the next one is the first again. */
  private async forget(): Promise<void> {
    await Promise.all([keyOf('instance', WEB), keyOf('breaker', '000')].map(key => this.aws.dynamoDb('DeleteItem', { TableName: this.table, Key: key })));
  }

  /** The alarm's own event, as it would be now. */
  private event() {
    return { ...this.deployed.local.invocations[0].event, time: new Date().toISOString().replace('Z', '+0000') };
  }
}

/** Calls that come before the first one of a round can be answered are of the same round. */
function roundTrips(calls: RecordedCall[]): string[] {
  const rounds: { from: number; actions: string[] }[] = [];
  for (const { time, action } of [...calls].sort((one, other) => one.time.getTime() - other.time.getTime())) {
    const last = rounds[rounds.length - 1];
    if (last && time.getTime() < last.from + LATENCY_MS) last.actions.push(action);
    else rounds.push({ from: time.getTime(), actions: [action] });
  }
  return rounds.map(({ actions }) => actions.sort().join(' '));
}

async function measure(say: (progress: string) => void): Promise<Measurement> {
  const incident = await Incident.begin();
  try {
    const rounds: { ours: number; floor: number; boto3: number; trips: string[] }[] = [];
    for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
      const { ours, floor, boto3 } = await inTurns(round, {
        ours: () => incident.ours(), floor: () => incident.floor(), boto3: () => incident.boto3(),
      });
      rounds.push({ ours: ours.ms, floor, boto3, trips: roundTrips(ours.calls) });
      if (round === 0) say(`warm, ${ROUNDS} rounds to go`);
    }
    const measured = rounds.slice(WARM_UP_ROUNDS);
    const p99 = (side: 'ours' | 'floor') => quantile(measured.map(round => round[side]), 0.99).toFixed(0);
    const { trips } = measured.sort((one, other) => other.trips.length - one.trips.length)[0];
    return {
      against: {
        floor: { unit: 'ms', pairs: measured.map(({ ours, floor }) => [ours, floor]) },
        boto3: { unit: 'ms', pairs: measured.map(({ ours, boto3 }) => [ours, boto3]) },
      },
      notes: [
        `${trips.length} round trips at the most, the interrupt's included: ${trips.join(' | ')}.`,
        `The slowest in a hundred: ${p99('ours')} ms, and ${p99('floor')} ms of the round trips alone.`,
      ],
    };
  } finally {
    await incident.end();
  }
}

export const latency: Row = {
  name: 'latency',
  what: 'From the alarm\'s event to the request `SendDiagnosticInterrupt`: the bundled function, warm, with a local endpoint as AWS of which every'
    + ` answer takes ${LATENCY_MS} ms more than it takes here.`,
  baselines: {
    floor: { what: 'the round trips alone: evidence at once, claim, call', goal: atMost(1.15) },
    boto3: { what: 'a straightforward boto3 handler: the same checks one after the other', goal: fasterBy(2) },
  },
  measure,
};
