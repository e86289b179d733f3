import { execFileSync } from 'child_process';
import * as fs from 'fs';
import * as path from 'path';
import { convergedMachine, crashKernelWords, expectBootable, FEWEST_IMAGES, FEW_IMAGES, installedMachine, tree, undisturbedTree } from './hostile';
import { SCRIPT_FILES } from '../../../../src/kdump/kdump-program';
import { SLES_15 } from '../images';
import { Machine } from '../machine';

const STATE = '/var/lib/cdk-diagnostic-interrupt';
const STAMP = '/run/cdk-diagnostic-interrupt/converged';
const GARBAGE = '\0\x01crashkernel\n\n$(touch /etc/owned)\n `touch /etc/owned` a[$(touch /etc/owned)] %s \\\n- -rf / crashkernel before';
const ARMED = { exitCode: 0, status: { state: 'armed', changed: [], contradictions: [] } };

let machine: Machine;

function makeFifo(file: string): void {
  machine.remove(file);
  execFileSync('mkfifo', [path.join(machine.root, file)]);
}

function setTime(file: string, secondsFromNow: number): void {
  const time = Date.now() / 1000 + secondsFromNow;
  fs.utimesSync(path.join(machine.root, file), time, time);
}

describe.each(FEW_IMAGES)('%s', (_name, image) => {
  test('its own notes may be garbage: configured, armed, and a revert that boots', () => {
    machine = installedMachine(image);
    const notes = ['before', 'applied', 'calibration', 'reboots', 'reload-pending'];
    notes.forEach(each => machine.write(`${STATE}/${each}`, GARBAGE));
    expect(machine.run({ rebootPolicy: 'whenRequired' })).toMatchObject({ exitCode: 194, status: { state: 'reboot-required' } });
    expect(machine.run()).toMatchObject({ exitCode: 20, status: { cause: expect.stringMatching(/not happened yet/) } });
    const ours = (each: Record<string, string>) => Object.fromEntries(Object.entries(each).filter(([file]) => !`/${file}`.startsWith(STATE)));
    expect(ours(tree(machine))).toEqual(ours(undisturbedTree(image)));
    machine.reboot();
    expect(machine.run()).toMatchObject(ARMED);
    notes.forEach(each => machine.write(`${STATE}/${each}`, GARBAGE));
    expect(machine.run({ action: 'revert' })).toMatchObject({ exitCode: 27, status: { state: 'reverted' } });
    expectBootable(machine, image);
    expect([machine.exists(STATE), machine.exists('/etc/owned')]).toEqual([false, false]);
    machine.reboot();
    expect(crashKernelWords(machine)).not.toContain('crashkernel=256M');
  });

  test('variables of the environment are not taken for its own', () => {
    const scripts = path.join(__dirname, '../../../../src/kdump/script');
    const text = SCRIPT_FILES.map(each => fs.readFileSync(path.join(scripts, each), 'utf8')).join('\n');
    const names = new Set([...text.matchAll(/(?:^|[\s;(])([a-z][a-z_]*)=/g)].map(match => match[1]));
    expect(names.size).toBeGreaterThan(50);
    const hostile = [...names].map(each => `${each}=yes`);
    machine = new Machine(image, { sh: ['env', ...hostile, 'TMPDIR=/nowhere', 'CDPATH=/', 'IFS=a', 'sh'] }, installedMachine(image));
    expect(machine.run()).toMatchObject({ exitCode: 20, status: { state: 'reboot-required', notes: [], contradictions: [] } });
    expect(tree(machine)).toEqual(undisturbedTree(image));
    machine.reboot();
    expect(machine.run()).toMatchObject(ARMED);
    expect(machine.exists(STAMP)).toBe(true);
  });

  test('FIFOs in place of files are neither waited for nor replaced', () => {
    machine = convergedMachine(image);
    const fifos = ['/etc/sysctl.d/zzz.conf', '/boot/loader/entries/zzz.conf', '/etc/default/grub', '/etc/kernel/cmdline', '/etc/sysctl.conf']
      .filter(each => machine.exists(path.dirname(each)));
    fifos.forEach(makeFifo);
    const outcome = machine.run();
    const refuses = image.mkconfig !== 'grub-mkconfig';
    expect(outcome).toMatchObject(refuses ? { exitCode: 25, stderr: expect.stringMatching(/is not a regular file/), status: { cause: expect.stringMatching(/could not be written/) } } : ARMED);
    fifos.forEach(each => expect([each, fs.lstatSync(path.join(machine.root, each)).isFIFO()]).toEqual([each, true]));
  });
});

describe.each(FEWEST_IMAGES)('%s', (_name, image) => {
  test('a stamp that is empty, cut off, garbage, a directory, a FIFO or from the future is no proof', () => {
    machine = convergedMachine(image);
    const stamp = machine.read(STAMP);
    // What the stamp would hide: the kernel settings of the next boot have gone.
    const settings = image.init === 'sysv' ? '/etc/sysctl.conf' : '/etc/sysctl.d/zz-cdk-diagnostic-interrupt.conf';
    const text = machine.read(settings);
    const damage: [string, () => void][] = [
      ['empty', () => machine.write(STAMP, '')],
      ['cut off', () => machine.write(STAMP, stamp.slice(0, -4))],
      ['garbage', () => machine.write(STAMP, GARBAGE)],
      ['a FIFO', () => makeFifo(STAMP)],
      ['of a clock that was set back', () => {
        machine.remove(STAMP);
        machine.write(STAMP, stamp);
        setTime(STAMP, 3600);
      }],
      ['older than the file', () => setTime(settings, 60)],
    ];
    for (const [how, harm] of damage) {
      machine.write(settings, text.replace(/^kernel.panic = 10$/m, ''));
      setTime(settings, -3600);
      harm();
      expect({ how, ...machine.run() }).toMatchObject({ how, exitCode: 0, status: { state: 'armed', changed: [settings] } });
      expect(machine.read(settings)).toBe(text);
    }
    machine.remove(STAMP);
    machine.write(`${STAMP}/a-file`, '');
    expect(machine.run()).toMatchObject({ ...ARMED, stderr: expect.stringMatching(/converged could not be written/) });
    expect(machine.exists(`${STAMP}/a-file`)).toBe(true);
  });

  test.each(['before', 'applied'])('fails, and changes nothing, when its note "%s" is a directory, and goes on without it', note => {
    machine = installedMachine(image);
    machine.write(`${STATE}/${note}/a-file`, '');
    const before = tree(machine, '/boot', '/etc');
    expect(machine.run()).toMatchObject({
      exitCode: 25, status: { state: 'failed', cause: expect.stringMatching(/(kept in|written)/), remedy: expect.stringMatching(/standard error/) }, stderr: expect.stringMatching(/is not a regular file/),
    });
    expect(tree(machine, '/boot', '/etc')).toEqual(before);
    machine.remove(`${STATE}/${note}`);
    expect(machine.run()).toMatchObject({ exitCode: 20 });
  });

  test('a revert after a run that was killed before its first change changes nothing', () => {
    machine = installedMachine(image);
    const before = tree(machine);
    machine.write(`${STATE}/before`, 'crashkernel before \n');
    expect(machine.run({ action: 'revert' })).toMatchObject({ exitCode: 27, status: { state: 'reverted' } });
    expect(tree(machine)).toEqual(before);
  });

  test('files that were empty or missing are so again after a revert', () => {
    machine = installedMachine(image);
    const file = image.init === 'sysv' ? '/etc/sysctl.conf' : '/etc/default/grub';
    for (const start of ['', undefined]) {
      machine.remove(file);
      if (start !== undefined) {
        machine.write(file, start);
      }
      expect(machine.run({ action: 'configure' })).toMatchObject({ exitCode: 20 });
      expect(machine.run({ action: 'revert' })).toMatchObject({ exitCode: 27 });
      expect(machine.exists(file) ? machine.read(file) : undefined).toBe(start);
    }
  });
});

test(`${SLES_15.name} a calibration that is garbage is made anew`, () => {
  for (const garbage of ['', 'abc 256M\n', '2097152 $(touch /etc/owned)\n']) {
    machine = installedMachine(SLES_15);
    machine.write(`${STATE}/calibration`, garbage);
    expect(machine.run({ crashKernel: 'auto' })).toMatchObject({ exitCode: 20, status: { crashkernelWanted: '188M,high' } });
    expect(machine.exists('/etc/owned')).toBe(false);
    machine.dispose();
  }
});
