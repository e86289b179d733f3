import { performance } from 'node:perf_hooks';
import { Duration } from 'aws-cdk-lib';
import { figure } from './document';
import { fasterBy, Measurement, Row } from './row';
import { median } from './statistics';
import { StormProcess } from './storm-process';
import { inTurns } from './turns';
import { CircuitBreaker, KdumpTargets } from '../../src';
import { Deployed } from '../interrupt/deployed';
import { MemoryMachine } from '../local/aws/memory-machine';

/** Of a distant, busy service: far more than this machine takes for an answer, so that waiting is what is measured. */
const LATENCY_MS = 1000;
const INSTANCES = 500;
const ROUNDS = 3;
/** How often a round is tried in which answers come too late. */
const TRIES = 3;
/** The emulators on a machine of two cores do not answer more in time; Lambda and AWS would take all at once. */
const AT_ONCE = 50;
const SIZES = [5, 20, 50];
/** Lambda gives each event a process of its own; so many processes do not fit here. A client has 50 connections, and asks twice at a time. */
const EVENTS_IN_A_PROCESS = 25;
/** One after the other, so many are measured; all of them would take some ten minutes. */
const SAMPLE = 3;
const ALLOWED = 5;
const INTERRUPT = 'interrupt';
/** Where an answer came too late for a verdict. */
const LATE = ['EvidenceMissing', 'TimeoutError'];
/** What all get but those that the breaker allows. */
const REFUSED = ['CircuitOpen', 'CoolingDown'];
const TAG = { Kdump: 'on' };

/** Impaired instances, and processes that have the bundled function loaded. */
class Zone {
  public static async gone(size: number): Promise<Zone> {
    const deployed = await Deployed.deploy({
      alarm: false,
      tags: TAG,
      targets: () => KdumpTargets.tag('Kdump', 'on'),
      circuitBreaker: CircuitBreaker.atMost(ALLOWED, Duration.hours(1)),
      aws: { minuteMs: 2000, latencyMs: LATENCY_MS },
    });
    await deployed.local.dynamodb.ready();
    const others = Array.from({ length: size - 1 }, (_, number) => new MemoryMachine(`i-${String(number).padStart(17, '0')}`, 't3.micro', TAG));
    others.forEach(machine => deployed.local.launch(machine));
    const machines = [deployed.machine, ...others];
    await Promise.all(machines.map(({ instanceId }) => deployed.agentReports(0, instanceId)));
    machines.forEach(machine => { machine.answers = false; });
    const { ec2 } = deployed.local;
    await deployed.local.waitFor('all to be impaired', () => machines.every(({ instanceId }) => ec2.get(instanceId).status === 'impaired'), 120_000);
    // What a verdict asks for; and a minute that has passed before the first of them is asked for.
    await new Promise(resolve => setTimeout(resolve, deployed.local.clock.minutes(1)));
    const processes = await Promise.all(Array.from({ length: AT_ONCE / EVENTS_IN_A_PROCESS }, () => StormProcess.start(deployed)));
    return new Zone(deployed, machines.map(({ instanceId }) => instanceId), processes);
  }

  private constructor(private readonly deployed: Deployed, private readonly ids: string[], private readonly processes: StormProcess[]) {
  }

  /**
   * So many of them, as many at once as this machine can serve: until the last verdict is in, and how many there are of each.
   *
   * @throws when one is none of a storm
   */
  public async atOnce(instances: number, triesLeft = TRIES): Promise<{ ms: number; verdicts: Record<string, number> }> {
    const verdicts: Record<string, number> = {};
    const start = performance.now();
    const queue = this.ids.slice(0, instances).values();
    await Promise.all(Array.from({ length: AT_ONCE }, async (_, place) => {
      for (const id of queue) {
        const name = await this.processes[place % this.processes.length].decide(id);
        verdicts[name] = (verdicts[name] ?? 0) + 1;
      }
    }));
    const ms = performance.now() - start;
    const strange = Object.keys(verdicts).filter(name => ![INTERRUPT, ...LATE, ...REFUSED].includes(name));
    if (strange.length > 0) throw new Error(`of ${instances} verdicts ${strange.map(name => `${verdicts[name]} were ${name}`).join(', ')}`);
    const late = LATE.reduce((sum, name) => sum + (verdicts[name] ?? 0), 0);
    if (late > instances / 10) {
      if (triesLeft > 1) return this.atOnce(instances, triesLeft - 1);
      throw new Error(`of ${instances} verdicts ${late} were EvidenceMissing, since answers came too late: this machine has too much else to do`);
    }
    return { ms, verdicts };
  }

  /** One after the other: what one of a sample takes, times all. */
  public async inTurn(): Promise<number> {
    const times = [];
    for (const id of this.ids.slice(0, SAMPLE)) {
      const start = performance.now();
      const verdict = await this.processes[0].decide(id);
      if (!REFUSED.includes(verdict)) throw new Error(`after the storm a verdict was ${verdict}, and not ${REFUSED.join(' or ')}`);
      times.push(performance.now() - start);
    }
    return median(times) * INSTANCES;
  }

  public get interrupts(): number {
    return this.deployed.calls.filter(({ action }) => action === 'SendDiagnosticInterrupt').length;
  }

  public async end(): Promise<void> {
    await Promise.all(this.processes.map(process => process.end()));
    await this.deployed.close();
  }
}

async function measure(say: (progress: string) => void): Promise<Measurement> {
  const zone = await Zone.gone(INSTANCES);
  try {
    const pairs: [number, number][] = [];
    const grown: number[][] = SIZES.map(() => []);
    const { verdicts } = await zone.atOnce(INSTANCES);
    const { interrupts } = zone;
    if (interrupts !== ALLOWED) throw new Error(`${interrupts} interrupts were sent, and the breaker allows ${ALLOWED}: ${JSON.stringify(verdicts)}.`);
    for (let round = 0; round < ROUNDS; round++) {
      const { ours, theirs } = await inTurns(round, { ours: () => zone.atOnce(INSTANCES), theirs: () => zone.inTurn() });
      pairs.push([ours.ms, theirs]);
      for (const [place, size] of SIZES.entries()) grown[place].push((await zone.atOnce(size)).ms);
      say(`${figure(pairs[round][0])} ms, and ${figure(pairs[round][1])} ms one after the other`);
    }
    if (zone.interrupts !== ALLOWED) throw new Error(`${zone.interrupts} interrupts were sent in the end, and the breaker allows ${ALLOWED}.`);
    return {
      against: { inTurn: { unit: 'ms', pairs } },
      growth: [{ what: 'the time until every verdict is in', of: 'instances, all at once', unit: 'ms', sizes: SIZES, values: grown.map(median) }],
      notes: [
        `The first time: ${Object.entries(verdicts).map(([name, count]) => `${count} ${name}`).join(', ')}. ${interrupts} interrupts were sent, of ${ALLOWED} that`
          + ' the breaker allows; none was sent afterwards. A round in which'
          + ' answers come too late for more than a tenth is done again.',
        `${AT_ONCE} are at work at any time, since the emulators on a machine of two cores do not answer more within the time that the function waits; Lambda`
          + ` would have all ${INSTANCES}. Processes that have the function loaded take ${EVENTS_IN_A_PROCESS} events each, where Lambda has one for each event.`,
        `One after the other, ${SAMPLE} are measured in each round, and their median is multiplied by ${INSTANCES}.`,
      ],
    };
  } finally {
    await zone.end();
  }
}

export const storm: Row = {
  name: 'storm',
  what: `${INSTANCES} impaired instances at once, until every verdict is in: the bundled function, warm, with a local endpoint as AWS of which every`
    + ` answer takes ${LATENCY_MS} ms.`,
  baselines: { inTurn: { what: 'one after the other', goal: fasterBy(20) } },
  measure,
};
