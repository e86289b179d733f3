import * as fs from 'fs';
import * as path from 'path';
import { AMAZON_LINUX_2, DEBIAN_12, DEBIAN_13_ARM, Image } from './images';
import { makedumpfile } from './images/makedumpfile';
import { armedMachine, Machine } from './machine';
import { renderKdumpProgram } from '../../../src/kdump/kdump-program';

const INSTANCE = '/var/lib/amazon/ssm/i-0123456789abcdef0';
const INVENTORY = `${INSTANCE}/inventory/custom/cdk-diagnostic-interrupt.json`;

let machine: Machine;

function dump(file: string, minutesAgo: number): void {
  machine.write(file, 'a dump\n');
  const then = new Date(Date.now() - minutesAgo * 60_000);
  fs.utimesSync(path.join(machine.root, file), then, then);
}

describe('the status', () => {
  test('names the newest dump, however the distribution calls it', () => {
    machine = armedMachine(DEBIAN_12);
    expect(machine.run().status.lastDump).toBe('');
    dump('/var/crash/202611230812/dump.202611230812', 30);
    expect(machine.run().status.lastDump).toBe('/var/crash/202611230812/dump.202611230812');
    dump('/var/crash/127.0.0.1-2026-11-23-09:30:00/vmcore', 20);
    dump('/var/crash/202611220812/dump.202611220812', 3000);
    dump('/var/crash/202611230812/dmesg.202611230812', 1);
    expect(machine.run().status.lastDump).toBe('/var/crash/127.0.0.1-2026-11-23-09:30:00/vmcore');
    expect(machine.run({ dumpPath: '/srv/crash' }).status.lastDump).toBe('');
  });

  test('says how much is free and how much a dump may need', () => {
    machine = armedMachine(DEBIAN_12);
    expect(machine.run().status).toMatchObject({ freeBytes: 50 * 2 ** 30, neededBytes: Math.floor(2 ** 31 / 5) });
    // Less is left out: pages of the cache, of users or those that are free, which may be all of the memory.
    for (const dumpLevel of [0, 1, 17, 29]) expect(machine.run({ dumpLevel }).status).toMatchObject({ state: 'armed', neededBytes: 2 ** 31 });
    for (const dumpLevel of [30, undefined]) expect(machine.run({ dumpLevel }).status).toMatchObject({ neededBytes: Math.floor(2 ** 31 / 5) });
    expect(machine.run({ minimumFreeMib: 3000 }).status).toMatchObject({ freeBytes: 50 * 2 ** 30, neededBytes: 3000 * 2 ** 20 });
  });

  test('fails clearly when df does not tell the free space', () => {
    machine = armedMachine(DEBIAN_12);
    machine.breakCommand('df', 'echo "df: cannot read table of mounted file systems" >&2; exit 1');
    expect(machine.run()).toMatchObject({ exitCode: 25, status: { state: 'failed', cause: expect.stringMatching(/free space/), freeBytes: null } });
  });
});

describe('a kernel that makedumpfile cannot read', () => {
  const withMakedumpfile: Image = { ...DEBIAN_13_ARM, packages: { ...DEBIAN_13_ARM.packages, makedumpfile: makedumpfile('1.7.6', { snappy: 'disabled', zstd: 'enabled' }) } };

  test('gets none, so that all of the memory is copied, for which there must be as much space', () => {
    machine = armedMachine(withMakedumpfile);
    expect(machine.run().status).toMatchObject({ state: 'armed', neededBytes: 2 ** 31, notes: [expect.stringMatching(/copy of all/)] });
    expect(machine.exists('/usr/bin/makedumpfile')).toBe(false);
    // The short way knows it, too.
    machine.forgetLog();
    expect(machine.run().status).toMatchObject({ state: 'armed', changed: [], neededBytes: 2 ** 31, notes: [expect.stringMatching(/copy of all/)] });
    machine.write('/stand-in/free-kib', `${2 ** 20}\n`);
    expect(machine.run()).toMatchObject({ exitCode: 26, status: { state: 'low-disk' } });
  });

  test('refuses a makedumpfile that is there already, which would write nothing', () => {
    machine = new Machine({ ...withMakedumpfile, installed: ['makedumpfile'] });
    expect(machine.run()).toMatchObject({
      exitCode: 24, status: { state: 'unsupported', cause: expect.stringMatching(/^makedumpfile cannot read/), remedy: expect.stringMatching(/apt-get remove makedumpfile/), changed: [] },
    });
  });

  test('is given back all the same, where somebody has installed one since', () => {
    machine = armedMachine(withMakedumpfile);
    machine.enter(['sh', '/stand-in/install-package', 'makedumpfile']);
    expect(machine.run()).toMatchObject({ exitCode: 24 });
    expect(machine.run({ action: 'revert' })).toMatchObject({ exitCode: 27, status: { state: 'reverted' } });
  });

  test('takes one that can read it', () => {
    machine = new Machine({ ...withMakedumpfile, installed: ['makedumpfile'] });
    machine.write('/stand-in/knows-52-bits', '');
    expect(machine.run({ crashKernel: '256M' })).toMatchObject({ exitCode: 20, status: { notes: [] } });
  });
});

describe('custom inventory', () => {
  test('holds the outcome of every run, as the agent takes it: text alone', () => {
    machine = new Machine(DEBIAN_12);
    machine.write(`${INSTANCE}/document/state`, '');
    machine.run();
    expect(JSON.parse(machine.read(INVENTORY))).toMatchObject({
      SchemaVersion: '1.0', TypeName: 'Custom:Kdump', Content: { State: 'reboot-required', CrashkernelWanted: '256M', CrashkernelSeen: '', ReservedBytes: '0' },
    });
    machine.reboot();
    machine.run();
    const { Content } = JSON.parse(machine.read(INVENTORY));
    expect(Content).toMatchObject({ State: 'armed', Kernel: DEBIAN_12.kernel, CrashkernelSeen: '256M', ReservedBytes: `${256 * 2 ** 20}`, UnknownNmiPanic: '1' });
    expect(Object.values(Content).every(value => typeof value === 'string')).toBe(true);

    machine.run(); // the inventory was written just before the stamp, and may be as young: one more long run
    const before = machine.snapshot();
    machine.run();
    expect(machine.snapshot()).toEqual(before);
    machine.run({ action: 'revert' });
    expect(machine.exists(INVENTORY)).toBe(false);
  });

  test('is written for refusals too, and put back when somebody removed it', () => {
    machine = armedMachine(AMAZON_LINUX_2);
    machine.write(`${INSTANCE}/document/state`, '');
    machine.run();
    machine.remove(INVENTORY);
    machine.run();
    expect(machine.exists(INVENTORY)).toBe(true);
    machine.write('/stand-in/free-kib', '1\n');
    machine.run();
    expect(JSON.parse(machine.read(INVENTORY)).Content.State).toBe('low-disk');
    machine.write('/etc/os-release', 'ID=plan9\n');
    machine.run({ crashKernel: '512M' });
    expect(JSON.parse(machine.read(INVENTORY)).Content).toMatchObject({ State: 'unsupported', Cause: expect.stringMatching(/plan9/) });
  });

  // An image that was made of an instance brings that one's directory along.
  test.each(['i-0000000000000000f', 'i-fffffffffffffffff'])('is where the agent of this instance looks, not that of the image\'s: %s', another => {
    machine = new Machine(DEBIAN_12);
    const old = `/var/lib/amazon/ssm/${another}`;
    machine.write(`${old}/document/state`, '');
    machine.reboot();
    machine.write(`${INSTANCE}/document/state`, '');
    machine.run();
    expect([machine.exists(INVENTORY), machine.exists(`${old}/inventory`)]).toEqual([true, false]);
  });

  test('that cannot be written changes no state', () => {
    machine = armedMachine(DEBIAN_12);
    machine.write(`${INSTANCE}/inventory`, 'a file\n');
    const outcome = machine.run();
    expect(outcome).toMatchObject({ exitCode: 0, status: { state: 'armed' } });
    expect(outcome.stderr).toMatch(/could not be written/);
  });
});

test('refuses to do anything in the capture kernel', () => {
  machine = armedMachine(DEBIAN_12);
  const before = machine.snapshot();
  // No file can be made in /proc, so the program is given another place to look at; all else is as it is.
  machine.write('/stand-in/vmcore', '');
  machine.write('/capture', renderKdumpProgram({ ...machine.settings, crashKernel: '512M' }).replaceAll('/proc/vmcore', '/stand-in/vmcore'));
  const { status, stdout } = machine.enter(['sh', '/capture']);
  expect({ status, ...JSON.parse(stdout) }).toMatchObject({ status: 25, state: 'failed', cause: expect.stringMatching(/capture kernel/), changed: [] });
  expect(machine.snapshot()).toEqual(before);
});
