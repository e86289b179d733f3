import { Duration } from 'aws-cdk-lib';
import { Answer, Deployed, WEB } from './deployed';
import { CircuitBreaker, KdumpTargets } from '../../src';
import { MemoryMachine } from '../local/aws/memory-machine';

// Many deliveries at once, each in a process of its own as Lambda runs them, against a DynamoDB that decides.

jest.setTimeout(300_000);
const AT_ONCE = 50;

let deployed: Deployed;
afterEach(() => deployed.close());

/** Works on so many at once. */
async function concurrently<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (const [index, item] of queue) results[index] = await work(item);
  }));
  return results;
}

const nameOf = ({ outcome, error }: Answer) => outcome?.reason ?? outcome?.decision ?? error!.errorType;

/**
 * One decision is frequent, one is rare. Where this machine is too slow for so many processes, an answer comes too late for some, which
 * is a refusal by name as well: no other evidence may be missing.
 */
function expectNames(answers: Answer[], frequent: string, interrupts: number): void {
  const [late, decided] = [true, false].map(missing => answers.filter(answer => (nameOf(answer) === 'EvidenceMissing') === missing));
  late.forEach(({ error }) => expect(error!.errorMessage).toMatch(/: (TimeoutError|EvidenceTimeout): /));
  const counts = decided.map(nameOf).reduce<Record<string, number>>((all, name) => ({ ...all, [name]: (all[name] ?? 0) + 1 }), {});
  expect(counts).toEqual({ interrupt: interrupts, [frequent]: answers.length - interrupts - late.length });
  expect(late.length).toBeLessThan(answers.length / 10);
}

const sends = () => deployed.calls.filter(each => each.action === 'SendDiagnosticInterrupt').length;

test('of 1,000 deliveries of one event exactly one is sent', async () => {
  deployed = await Deployed.deploy({ alarm: false, aws: { lambda: { reuse: true } } });
  await deployed.agentReports(0);
  await deployed.stopAnswering();
  const event = { instanceId: WEB, reason: 'a hung machine' };
  const answers = await concurrently(Array.from({ length: 1000 }, () => event), () => deployed.call(event));
  expectNames(answers, 'CoolingDown', 1);
  expect([sends(), deployed.machine.nmis]).toEqual([1, 1]);
});

test('of 500 instances that are impaired at once no more are interrupted than the breaker allows, and every refusal is named', async () => {
  const tags = { Kdump: 'on' };
  deployed = await Deployed.deploy({
    alarm: false,
    tags,
    targets: () => KdumpTargets.tag('Kdump', 'on'),
    circuitBreaker: CircuitBreaker.atMost(5, Duration.hours(1)),
    aws: { minuteMs: 2000, lambda: { reuse: true } },
  });
  const ids = Array.from({ length: 499 }, (_, number) => `i-${String(number).padStart(17, '0')}`);
  const machines = [deployed.machine, ...ids.map(id => new MemoryMachine(id, 't3.micro', tags))];
  machines.slice(1).forEach(machine => deployed.local.launch(machine));
  await concurrently(machines, machine => deployed.agentReports(0, machine.instanceId));
  machines.forEach(machine => { machine.answers = false; });
  const { ec2 } = deployed.local;
  await deployed.local.waitFor('all to be impaired', () => machines.every(({ instanceId }) => ec2.get(instanceId).status === 'impaired'), 60_000);

  const answers = await concurrently(machines, ({ instanceId }) => deployed.call({ instanceId, reason: 'a zone is gone' }));
  expectNames(answers, 'CircuitOpen', 5);
  expect(sends()).toBe(5);
  expect(machines.reduce((sum, { nmis }) => sum + nmis, 0)).toBe(5);
});
