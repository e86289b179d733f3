import { spawnSync } from 'child_process';
import { boot } from '../boot';
import { Effects } from '../effects';
import { Image } from '../images';
import { Machine } from '../machine';
import { tree } from './tree';

const MOST_EFFECTS = 200;

jest.setTimeout(600_000);

const checked = new Set<string>();

/** What GRUB finds when the power fails now: a configuration that it can read to the end, and a kernel that is there. */
function expectBootable(machine: Machine, image: Image): void {
  const text = machine.read(image.grubConfiguration);
  if (image.bootsBy !== 'legacy' && !checked.has(text)) {
    expect(spawnSync('grub-script-check', { input: text, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
    checked.add(text);
  }
  boot(machine.root, image); // throws when no kernel is found
}

/** SIGKILL after every single effect, for each system. */
export function describeKilled(...images: Image[]): void {
  describe.each(images.map(image => [image.name, image] as const))('%s', (_name, image) => {
    test.each<[string, (machine: Machine) => void, Parameters<Machine['run']>[0]]>([
      ['the first run', () => {}, { crashKernel: '256M', dumpPath: '/srv/crash' }],
      ['a run with a new value', machine => { machine.run(); machine.reboot(); machine.run(); }, { crashKernel: '512M', dumpPath: '/srv/crash' }],
      ['a revert', machine => { machine.run(); machine.reboot(); machine.run(); }, { action: 'revert' }],
    ])('%s, killed after every effect: it boots, and the next run ends as if nothing had been', (_what, prepare, settings) => {
      const start = new Machine(image);
      prepare(start);

      const undisturbed = new Machine(image, {}, start);
      const counter = new Effects(undisturbed);
      counter.killAfter(0);
      const outcome = undisturbed.run(settings);
      const end = tree(undisturbed);
      const effects = counter.count();
      expect(effects).toBeGreaterThan(5);
      expect(effects).toBeLessThan(MOST_EFFECTS);

      for (let effect = 1; effect <= effects; effect++) {
        const machine = new Machine(image, {}, start);
        const killer = new Effects(machine);
        killer.killAfter(effect);
        const killed = machine.run(settings);
        expect({ effect, exitCode: killed.exitCode }).toEqual({ effect, exitCode: 137 });
        expectBootable(machine, image);
        killer.killAfter(0);
        const next = machine.run(settings);
        expect({ effect, exitCode: next.exitCode }).toEqual({ effect, exitCode: outcome.exitCode });
        expect({ effect, cause: next.status.cause }).toEqual({ effect, cause: outcome.status.cause });
        expect({ effect, tree: tree(machine) }).toEqual({ effect, tree: end });
        machine.dispose();
      }
    });
  });
}
