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

/** How often each name is among the answers. */
function tally(answers: Answer[]): Record<string, number> {
  const names = answers.map(({ outcome, error }) => outcome?.reason ?? outcome?.decision ?? error!.errorType);
  return names.reduce<Record<string, number>>((counts, name) => ({ ...counts, [name]: (counts[name] ?? 0) + 1 }), {});
}

/** Where this machine is too slow for so many processes, an answer comes too late for some: that is a refusal by name as well. */
function expectRest({ EvidenceMissing = 0, ...counts }: Record<string, number>, { interrupt, ...expected }: Record<string, number>): void {
  const [[reason, refused]] = Object.entries(expected);
  expect({ ...counts, [reason]: counts[reason] + EvidenceMissing }).toEqual({ interrupt, [reason]: refused });
}

const sends = () => deployed.calls.filter(each => each.action === 'SendDiagnosticInterrupt').length;

test('of 1,000 deliveries of one event exactly one is sent', async () => {
  deployed = await Deployed.deploy({ alarm: false, aws: { lambda: { reuse: true } } });
  await deployed.agentReports(0);
  await deployed.stopAnswering();
  const event = { instanceId: WEB, reason: 'a hung machine' };
  const answers = await concurrently(Array.from({ length: 1000 }, () => event), () => deployed.call(event));
  expectRest(tally(answers), { interrupt: 1, CoolingDown: 999 });
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
  expectRest(tally(answers), { interrupt: 5, CircuitOpen: 495 });
  expect(sends()).toBe(5);
  expect(machines.reduce((sum, { nmis }) => sum + nmis, 0)).toBe(5);
});
