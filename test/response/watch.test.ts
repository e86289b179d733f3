import { Incident, Watch } from '../../src/response/incident';
import { look, markConsole, Sight } from '../../src/response/watch';

const INTERRUPTED = new Date('2026-01-02T03:05:00Z');
const BOOT = '[    0.000000] Kernel command line: BOOT_IMAGE=/vmlinuz root=/dev/xvda1 console=tty0 console=ttyS0,115200 crashkernel=256M\n';
const CAPTURE = `${BOOT}[    0.000000] Kernel command line: root=/dev/xvda1 console=tty0 console=ttyS0,115200 elfcorehdr=0x5f000000\n`;
const EXECUTION = { arn: 'arn', name: 'one', startedAt: '2026-01-02T03:04:30Z' };
const MOST = 10;

const incident = (watch?: Watch, attempt: number | undefined = 1): Incident => ({
  event: {}, execution: EXECUTION, watch, ...attempt && { attempt, interrupt: { decision: 'interrupt', at: INTERRUPTED.toISOString(), attempt, sent: true } },
});
const minutesOn = (minutes: number) => new Date(INTERRUPTED.getTime() + minutes * 60_000);
const hung = (minutes: number, console: string | undefined = BOOT): Sight => (
  { at: minutesOn(minutes), state: 'running', status: 'impaired', lastPing: minutesOn(-4), console }
);
const before = (console: string | undefined = BOOT) => look(incident(undefined, 0), hung(-1, console), MOST);

/** Looks that often, at what is seen each minute; answers the last. */
function watchFor(looks: number, sight: (minute: number) => Sight, first = before()): Watch {
  let watch = first;
  for (let minute = 1; minute <= looks; minute++) watch = look(incident(watch), sight(minute), MOST);
  return watch;
}

test('the look before the interrupt notes how things are', () => {
  expect(before()).toEqual({
    progress: 'waiting', looks: 0, attempt: 0, statusBefore: 'impaired', console: { speaks: true, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
});

test('an instance is back when its status check passes and its agent was heard of after the interrupt', () => {
  const back = { ...hung(3), status: 'ok', lastPing: minutesOn(2) };
  expect(look(incident(before()), back, MOST)).toMatchObject({ progress: 'back', backAt: back.at.toISOString(), panicSeenAt: back.at.toISOString(), looks: 1 });
  expect(look(incident(before()), { ...back, lastPing: minutesOn(-1) }, MOST)).toMatchObject({ progress: 'waiting' });
  expect(look(incident(before()), { ...back, lastPing: undefined }, MOST)).toMatchObject({ progress: 'waiting' });
  expect(look(incident(before()), { ...back, status: 'initializing' }, MOST)).toMatchObject({ progress: 'waiting' });
});

test('the panic is seen on the console, and the time of the first sign is kept', () => {
  const watch = watchFor(3, minute => hung(minute, minute === 1 ? BOOT : CAPTURE));
  expect(watch).toMatchObject({ progress: 'waiting', panicSeenAt: minutesOn(2).toISOString() });
});

test('an interrupt is unanswered when nothing at all has happened for five minutes', () => {
  expect(watchFor(4, hung)).toMatchObject({ progress: 'waiting' });
  expect(watchFor(5, hung)).toMatchObject({ progress: 'unanswered', explanation: expect.stringContaining('5 minutes') });
});

describe('in doubt an interrupt counts as answered:', () => {
  test.each<[string, Watch, (minute: number) => Sight]>([
    ['the console has something new', before(), minute => hung(minute, minute < 5 ? BOOT : `${BOOT}x`)],
    ['the console could not be read before', { ...before(), console: undefined }, hung],
    ['the console cannot be read now', before(), minute => ({ ...hung(minute), console: undefined })],
    ['the console shows no kernel', before('login: '), minute => hung(minute, 'login: ')],
    ['the kernel keeps its messages back', before(BOOT.replace('crash', 'quiet crash')), minute => hung(minute, BOOT.replace('crash', 'quiet crash'))],
    ['the messages go to a screen alone', before(BOOT.replace(/ttyS0,115200/, 'tty1')), minute => hung(minute, BOOT.replace(/ttyS0,115200/, 'tty1'))],
    ['the status check has another word', before(), minute => ({ ...hung(minute), status: minute === 2 ? 'initializing' : 'impaired' })],
  ])('%s', (_what, first, sight) => {
    expect(watchFor(9, sight, first)).toMatchObject({ progress: 'waiting' });
  });
});

test('a second interrupt has five minutes of its own', () => {
  const first = watchFor(5, hung);
  let watch = first;
  for (let minute = 6; minute <= 9; minute++) watch = look(incident(watch, 2), hung(minute), MOST);
  expect(watch).toMatchObject({ progress: 'waiting', looks: 4, attempt: 2 });
  expect(look(incident(watch, 2), hung(10), MOST)).toMatchObject({ progress: 'unanswered' });
});

test('an instance that does not come back in time is overdue, whatever it does', () => {
  const watch = watchFor(MOST, minute => hung(minute, CAPTURE));
  expect(watch).toMatchObject({ progress: 'overdue', explanation: expect.stringMatching(/After 10 minutes .* impaired .* last heard of at 2026-01-02T03:01/) });
});

test('a look that AWS did not answer has taken its time, too', () => {
  const missed = (count: number, sight: Sight) => look({ ...incident(watchFor(3, hung)), missedLooks: { count } }, sight, MOST);
  expect(missed(5, hung(9, CAPTURE))).toMatchObject({ progress: 'waiting', looks: 4 });
  expect(missed(6, hung(10, CAPTURE))).toMatchObject({ progress: 'overdue', explanation: expect.stringMatching(/^After 10 minutes /) });
  // Nothing was seen then, which proves nothing.
  expect(missed(5, hung(9))).toMatchObject({ progress: 'waiting' });
});

test('an instance that is looked at again, while it is collected from, is back since it was seen so first', () => {
  const back = (minute: number): Sight => ({ ...hung(minute), status: 'ok', lastPing: minutesOn(2) });
  expect(watchFor(4, back)).toMatchObject({ progress: 'back', backAt: minutesOn(1).toISOString() });
});

test.each(['stopped', 'terminated', 'shutting-down', 'not to be found'])('an instance that is %s is gone', (state) => {
  expect(look(incident(before()), { ...hung(2), state }, MOST)).toMatchObject({ progress: 'gone', explanation: `The instance is ${state}` });
});

test('user space that hangs alone shows no sign by a status check that was ok all the time', () => {
  const livelock = (minute: number): Sight => ({ ...hung(minute), status: 'ok' });
  const first = look(incident(undefined, 0), livelock(-1), MOST);
  expect(watchFor(2, livelock, first)).not.toHaveProperty('panicSeenAt');
  expect(watchFor(1, minute => ({ ...livelock(minute), lastPing: minutesOn(1) }), first)).toMatchObject({ progress: 'back' });
});

test('who takes over from an execution that had no time to write its interrupt down goes by the beginning of that one', () => {
  const takenOver: Incident = { event: {}, execution: EXECUTION, attempt: 1, stopped: 'ABORTED', watch: before() };
  expect(look(takenOver, { ...hung(1), status: 'ok', lastPing: minutesOn(1) }, MOST)).toMatchObject({ progress: 'back' });
  expect(look(takenOver, hung(1), MOST)).toMatchObject({ progress: 'waiting', looks: 1 });
});

test('of several boots on the console the last one counts', () => {
  expect(markConsole(BOOT + BOOT.replace('console=ttyS0', 'quiet console=ttyS0')).speaks).toBe(false);
  expect(markConsole(BOOT.replace('crash', 'loglevel=3 crash') + BOOT).speaks).toBe(true);
});
