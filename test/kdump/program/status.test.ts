import { AMAZON_LINUX_2, DEBIAN_12 } from './images';
import { armedMachine, Machine } from './machine';

let machine: Machine;

test('the status line is alone on standard output, whatever the tools print there', () => {
  machine = new Machine(DEBIAN_12);
  machine.breakCommand('systemctl', 'echo "{\\"state\\":\\"armed\\"}"; exit 0');
  const outcome = machine.run();
  expect(outcome.stdout).toMatch(/^\{"program":[^\n]*\}\n$/);
  expect(outcome.stderr).toContain('{"state":"armed"}');
});

test('a command line that holds quotes and control characters is reported as JSON', () => {
  machine = new Machine(DEBIAN_12);
  const odd = '64M"\\\u0007\u001b[31m';
  machine.write('/kernel/cmdline', `root=/dev/vda1 crashkernel=${odd}\n`);
  expect(machine.run().status.crashkernelSeen).toBe(odd);
});

test.each(['TERM', 'INT', 'HUP'])('fails with a status line when the agent sends SIG%s', signal => {
  machine = new Machine(DEBIAN_12);
  machine.breakCommand('apt-get', `kill -${signal} $PPID`);
  expect(machine.run()).toMatchObject({ exitCode: 25, status: { state: 'failed', cause: expect.stringMatching(/signal/) } });
});

test.each([[['dash']], [['bash']], [['busybox', 'ash']]])('fails with a status line under %s when a file system is full', sh => {
  machine = new Machine(DEBIAN_12, { sh });
  machine.breakCommand('sync', 'echo "sync: No space left on device" >&2; exit 1');
  const outcome = machine.run();
  expect(outcome).toMatchObject({ exitCode: 25, status: { state: 'failed', cause: expect.stringMatching(/could not be kept/) } });
  expect(machine.exists('/etc/default/grub.d/zz-cdk-diagnostic-interrupt.cfg')).toBe(false);
  expect(machine.exists('/etc/default/grub.d/.zz-cdk-diagnostic-interrupt.cfg.cdk-diagnostic-interrupt')).toBe(false);
});

test('fails when the state before cannot be kept, and leaves everything as it is', () => {
  machine = new Machine(AMAZON_LINUX_2);
  const original = machine.read('/etc/default/grub');
  machine.write('/var/lib/cdk-diagnostic-interrupt', 'a file\n');
  expect(machine.run()).toMatchObject({ exitCode: 25, status: { state: 'failed', cause: expect.stringMatching(/could not be kept/) } });
  expect(machine.read('/etc/default/grub')).toBe(original);
});

test('waits for another run of the program, with a bound', () => {
  machine = new Machine(DEBIAN_12);
  machine.breakCommand('flock', 'echo "flock $*" >> /stand-in/log; exit 1');
  expect(machine.run()).toMatchObject({ exitCode: 25, status: { state: 'failed', cause: expect.stringMatching(/Another run/) } });
  expect(machine.log()).toEqual(['flock -w 600 8']);
});

test('goes on without a lock where none can be made', () => {
  machine = new Machine(DEBIAN_12);
  machine.write('/run/cdk-diagnostic-interrupt/lock/is', 'a directory\n');
  expect(machine.run()).toMatchObject({ exitCode: 20, status: { state: 'reboot-required' } });
});

test('fails with a status line when the shell itself gives up', () => {
  machine = armedMachine(DEBIAN_12);
  machine.write('/kernel/meminfo', 'MemTotal: 1x kB\n'); // a shell ends where it cannot calculate
  expect(machine.run()).toMatchObject({ exitCode: 25, status: { state: 'failed', cause: expect.stringMatching(/ended before/) } });
});
