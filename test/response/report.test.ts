import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { KERNEL_LOG } from './dumping-machine';
import { debugSymbols } from '../../src/response/debug-symbols';
import { dumpCommands } from '../../src/response/dump-commands';
import { Incident } from '../../src/response/incident';
import { readFindings } from '../../src/response/kernel-findings';
import { outcomeOf } from '../../src/response/outcome-of';
import { plain, readableSize } from '../../src/response/plain-text';
import { detailOf } from '../../src/response/report-detail';
import { messageOf, subjectOf } from '../../src/response/report-text';
import { ResponseOutcome } from '../../src/response/response-outcome';
import { ALARM, HUNG, INSTANCE } from '../interrupt/fixtures';

const EXECUTION = { arn: 'arn:aws:states:eu-central-1:111122223333:execution:Response:one', name: 'one', startedAt: '2026-01-02T03:05:10.000Z' };
const CLAIM = { id: '9d06f87d-3d4b-8b60-8595-bd8b5881e888', instanceId: INSTANCE, slot: 0 };
const COLLECTED: Incident = {
  event: {},
  execution: EXECUTION,
  assessed: { decision: 'interrupt', instanceId: INSTANCE, source: ALARM, evidence: HUNG, claim: CLAIM },
  shield: { kind: 'standby', group: 'web', found: 'InService' },
  attempt: 1,
  interrupt: { decision: 'interrupt', at: '2026-01-02T03:05:40.000Z', attempt: 1, sent: true },
  watch: { progress: 'back', looks: 3, attempt: 1, panicSeenAt: '2026-01-02T03:06:40.000Z', backAt: '2026-01-02T03:08:40.000Z' },
  collection: {
    done: true,
    bucket: 'dumps',
    directory: '/var/crash/202601020306',
    system: { id: 'debian', version: '12', kernel: '6.1.0-47-cloud-amd64', architecture: 'x86_64' },
    files: [
      { name: 'dmesg.202601020306', kind: 'kernelLog', bytes: 612, key: `${INSTANCE}/20260102T030510Z/dmesg.202601020306` },
      { name: 'dump.202601020306', kind: 'vmcore', bytes: 3_500_000_000, key: `${INSTANCE}/20260102T030510Z/dump.202601020306` },
    ],
    startedAt: '2026-01-02T03:08:40.000Z',
    endedAt: '2026-01-02T03:12:40.000Z',
    steps: 9,
  },
  restored: { outcome: 'inService' },
};
const FAILURE = { Error: 'States.Timeout', Cause: 'too long' };
const FINDINGS = readFindings(KERNEL_LOG);

describe('the outcome is what went most wrong:', () => {
  test.each<[ResponseOutcome, Partial<Incident>]>([
    [ResponseOutcome.COLLECTED, {}],
    [ResponseOutcome.PARTLY_COLLECTED, { collection: { ...COLLECTED.collection!, missing: 'The dump is empty' } }],
    [ResponseOutcome.PARTLY_COLLECTED, { collection: { ...COLLECTED.collection!, done: false } }],
    [ResponseOutcome.NOT_INTERRUPTED, { assessed: { ...COLLECTED.assessed!, decision: 'refuse', reason: 'KdumpNotArmed' } }],
    [ResponseOutcome.NOT_INTERRUPTED, { interrupt: { ...COLLECTED.interrupt!, decision: 'refuse', reason: 'Responsive' } }],
    [ResponseOutcome.NOT_INTERRUPTED, { interrupt: { ...COLLECTED.interrupt!, sent: false } }],
    [ResponseOutcome.COLLECTED, { interrupt: { ...COLLECTED.interrupt!, attempt: 2, decision: 'refuse', reason: 'Responsive' } }],
    [ResponseOutcome.UNANSWERED, { watch: { ...COLLECTED.watch!, progress: 'unanswered' } }],
    [ResponseOutcome.NOT_BACK, { watch: { ...COLLECTED.watch!, progress: 'overdue' } }],
    [ResponseOutcome.NOT_BACK, { watch: { ...COLLECTED.watch!, progress: 'gone' } }],
    [ResponseOutcome.FAILED, { failure: FAILURE }],
    [ResponseOutcome.FAILED, { assessed: undefined }],
    [ResponseOutcome.STOPPED, { stopped: 'ABORTED', failure: FAILURE }],
  ])('%s', (outcome, changed) => {
    const incident = { ...COLLECTED, ...changed };
    expect(outcomeOf(incident)).toBe(outcome);
    expect(subjectOf(incident)).toMatch(/^[\x20-\x7e]{20,99}$/);
    expect(detailOf(incident, FINDINGS)).toMatchObject({ version: 1, outcome, execution: EXECUTION.arn });
  });
});

test('the message says what happened, why, where the dump is, that the instance is back, and what to type next', () => {
  const message = messageOf(COLLECTED, FINDINGS);
  expect(message.split('\n')[0]).toBe(`${INSTANCE} hung, was interrupted, and is back; its crash was collected.`);
  expect(message).toContain('Probable cause: a disk or file system failed or did not answer (IoStall; 1 lines say so, first 148 s before the panic).');
  expect(message).toContain('Panic: Kernel panic - not syncing: NMI: Not continuing\n  <NMI>\n  dump_stack_lvl+0x44/0x5c\n');
  expect(message).toContain(`s3://dumps/${INSTANCE}/20260102T030510Z/dump.202601020306  3.3 GiB`);
  expect(message).toContain('It is in service again in the Auto Scaling group web.');
  expect(message).toMatch(/Time line \(UTC\):\n {2}2026-01-02 03:04:00 {2}the instance fails its status check\n {2}2026-01-02 03:05:00 {2}the alarm goes off\n/);
  expect(message).toContain('crash "$vmlinux" vmcore');
});

test('the runbook, if there is one, stands below the headline of the message', () => {
  // A token may become anything.
  const [headline, runbook] = messageOf(COLLECTED, FINDINGS, 'https://wiki.example.com/\u001b[31mhung').split('\n');
  expect([headline, runbook]).toEqual([expect.stringContaining(INSTANCE), 'Runbook: https://wiki.example.com/ [31mhung']);
  expect(messageOf(COLLECTED, FINDINGS)).not.toContain('Runbook');
});

test('the message of what went wrong says what, what is missing and where it lies', () => {
  const collection = { ...COLLECTED.collection!, missing: 'dump.202601020306 could not be uploaded', files: COLLECTED.collection!.files.map(({ key, ...file }) => file) };
  const message = messageOf({ ...COLLECTED, collection, failure: FAILURE, restored: { outcome: 'failed', failure: FAILURE } }, {});
  expect(message).toContain('What failed: States.Timeout: too long');
  expect(message).toContain('On the instance, in /var/crash/202601020306:\n  dmesg.202601020306  612 bytes\n  dump.202601020306  3.3 GiB');
  expect(message).toContain('Missing: dump.202601020306 could not be uploaded.');
  expect(message).toContain('IT COULD NOT BE GIVEN BACK to the Auto Scaling group web: States.Timeout: too long.');
});

test('of what lies on a member of a group alone it is said that it is lost with the member', () => {
  const [log, { key, ...dump }] = COLLECTED.collection!.files;
  const atRisk = 'It is in service again in the Auto Scaling group web. What was not collected is lost if the group terminates it.';
  expect(messageOf({ ...COLLECTED, collection: { ...COLLECTED.collection!, files: [log, dump] } }, FINDINGS)).toContain(atRisk);
  expect(messageOf(COLLECTED, FINDINGS)).not.toContain('is lost if');
  expect(key).toBeDefined();
});

test('all refusals are told, with their explanations', () => {
  const refusals = [{ reason: 'KdumpNotArmed' as const, explanation: 'It failed' }, { reason: 'CircuitOpen' as const, explanation: 'One already' }];
  const assessed = { ...COLLECTED.assessed!, decision: 'refuse' as const, ...refusals[0], refusals };
  expect(messageOf({ event: {}, execution: EXECUTION, assessed }, {})).toContain('Nobody interrupted it:\n  KdumpNotArmed: It failed\n  CircuitOpen: One already');
});

test('of a second interrupt that was refused it is not said that nobody interrupted the instance', () => {
  const incident: Incident = { ...COLLECTED, interrupt: { ...COLLECTED.interrupt!, attempt: 2, decision: 'refuse', reason: 'Responsive', explanation: 'It passes' } };
  const message = messageOf(incident, FINDINGS);
  expect(message).not.toContain('Nobody interrupted it');
  expect(message).toContain('A second interrupt was not sent: Responsive: It passes');
  expect(detailOf(incident, FINDINGS)).not.toHaveProperty('refusal');
});

test.each(['ABORTED', 'FAILED', undefined])('an instance that is not back in its group is not reported as given back, whatever ended as %s', (stopped) => {
  const incident: Incident = { ...COLLECTED, stopped, restored: { outcome: 'failed', failure: FAILURE } };
  expect(subjectOf(incident)).toBe(`${INSTANCE} could not be given back to its Auto Scaling group`);
  expect(messageOf(incident, FINDINGS)).not.toContain('given back after');
  expect(messageOf(incident, FINDINGS)).not.toContain('gave the instance back');
  expect(messageOf(incident, FINDINGS)).toContain(`aws autoscaling exit-standby --auto-scaling-group-name 'web' --instance-ids ${INSTANCE}`);
});

test('the name of a group is one word of what there is to type, whatever it is', () => {
  const name = "web'; reboot; '$(id)";
  const incident: Incident = { ...COLLECTED, restored: { outcome: 'failed', failure: FAILURE }, shield: { ...COLLECTED.shield!, group: name } };
  const [, typed] = /--auto-scaling-group-name (.*) --instance-ids/.exec(messageOf(incident, FINDINGS))!;
  expect(execFileSync('sh', ['-c', `printf %s ${typed}`], { encoding: 'utf8' })).toBe(name);
});

test.each<[string, Partial<Incident>]>([
  ['Fetch from the instance', { collection: { ...COLLECTED.collection!, missing: 'The dump is empty' } }],
  ['decide whether to reboot it', { assessed: { ...COLLECTED.assessed!, decision: 'refuse', reason: 'KdumpNotArmed' } }],
  ['reboot it, or stop and start it', { watch: { ...COLLECTED.watch!, progress: 'unanswered' } }],
  ['stop and start it', { watch: { ...COLLECTED.watch!, progress: 'overdue' } }],
  ['If it is stopped, start it', { watch: { ...COLLECTED.watch!, progress: 'gone' } }],
  ['at the execution', { failure: FAILURE }],
  ['at the execution', { stopped: 'ABORTED' }],
])('the message says what to do next: %s', (next, changed) => {
  const [, steps] = /What to do next:\n([^]*?)\n\n/.exec(messageOf({ ...COLLECTED, ...changed }, FINDINGS))!;
  expect(steps).toContain(next);
  expect(messageOf(COLLECTED, FINDINGS)).not.toContain('What to do next');
});

test('any incident has a report within the limits of SNS and EventBridge, whatever texts are in it', () => {
  const strange = fc.oneof(fc.string({ unit: 'binary', maxLength: 3000 }), fc.constant('\u0000\n\u001b[31m'), fc.constant('x'.repeat(100_000)));
  const some = <T>(value: T) => fc.option(fc.constant(value), { nil: undefined });
  fc.assert(fc.property(
    fc.record({
      watch: some(COLLECTED.watch),
      shield: some(COLLECTED.shield),
      interrupt: some(COLLECTED.interrupt),
      restored: some(COLLECTED.restored),
      assessed: some(COLLECTED.assessed),
      collection: some(COLLECTED.collection),
      stopped: fc.option(strange, { nil: undefined }),
      failure: fc.option(fc.record({ Error: strange, Cause: strange }), { nil: undefined }),
    }), strange, (parts, log) => {
      const incident = { event: {}, execution: EXECUTION, ...parts } as Incident;
      const findings = readFindings(log);
      expect(subjectOf(incident)).toMatch(/^[\x20-\x7e]{1,99}$/);
      const message = messageOf(incident, findings);
      expect(Buffer.byteLength(message)).toBeLessThan(256 * 1024);
      // eslint-disable-next-line no-control-regex
      expect(message).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
      expect(Buffer.byteLength(JSON.stringify(detailOf(incident, findings)))).toBeLessThan(256 * 1024);
    }), { numRuns: 200 });
});

test.each([
  ['debian', '6.1.0-47-cloud-amd64', 'linux-image-6.1.0-47-cloud-amd64-dbg'],
  ['ubuntu', '6.8.0-1021-aws', 'linux-image-6.8.0-1021-aws-dbgsym'],
  ['amzn', '6.1.112-124.190.amzn2023.x86_64', 'kernel-6.1.112-124.190.amzn2023.x86_64'],
  ['rocky', '5.14.0-503.el9.x86_64', 'kernel-debuginfo-5.14.0-503.el9.x86_64'],
  ['ol', '5.15.0-300.el9uek.x86_64', 'kernel-uek-debuginfo-5.15.0-300.el9uek.x86_64'],
  ['sles', '6.4.0-150600.23-default', 'kernel-default-debuginfo'],
  ['plan9', '4', 'in a package of the distribution (plan9)'],
])('the debug symbols of %s', (id, kernel, named) => {
  const commands = debugSymbols({ id, kernel, version: '1', architecture: 'x86_64' });
  expect(commands.join('\n')).toContain(named);
  expect(commands.at(-1)).toMatch(/^vmlinux=/);
});

test('a flattened dump is put in order before it is opened; without a dump there is nothing to type', () => {
  expect(dumpCommands(COLLECTED.collection!)).toContain('makedumpfile -R vmcore < dump.202601020306 || mv dump.202601020306 vmcore');
  expect(dumpCommands({ ...COLLECTED.collection!, files: [] })).toEqual([]);
});

test('texts are one line, and sizes are readable', () => {
  expect(plain('a\u0000b\n\u001b[31mc')).toBe('a b [31mc');
  expect(plain('x'.repeat(400))).toHaveLength(300);
  expect([0, 1023, 1024, 5 * 1024 ** 3].map(readableSize)).toEqual(['0 bytes', '1023 bytes', '1.0 KiB', '5.0 GiB']);
});

test('the event in the documentation has the shape of those that are sent', () => {
  const [, example] = /```json\n([^]*?)```/.exec(readFileSync(join(__dirname, '..', '..', 'docs', 'response.md'), 'utf8'))!;
  const shape = (value: unknown): unknown => Array.isArray(value) ? [...new Set(value.map(each => JSON.stringify(shape(each))))]
    : typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shape(each)])) : typeof value;
  expect(shape(JSON.parse(example))).toEqual(shape(detailOf(COLLECTED, FINDINGS)));
});
