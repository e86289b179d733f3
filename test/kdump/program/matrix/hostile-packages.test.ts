import { FEW_IMAGES, tree } from './hostile';
import { DEBIAN_12, Image } from '../images';
import { Machine } from '../machine';

// Where each package manager says that it is at work.
const LOCKS: Record<string, string[]> = {
  'apt-get': ['/var/lib/dpkg/lock', '/var/lib/apt/lists/lock', '/var/cache/apt/archives/lock'],
  'yum': ['/run/yum.pid', '/var/lib/rpm/.rpm.lock'],
  'dnf': ['/var/lib/dnf/rpmdb_lock.pid', '/var/cache/dnf/metadata_lock.pid', '/var/lib/rpm/.rpm.lock'],
  'zypper': ['/run/zypp.pid', '/var/lib/rpm/.rpm.lock'],
};

let machine: Machine;

function packagerOf(image: Image): string {
  return Object.keys(LOCKS).find(each => image.commands.includes(each) && !(each === 'yum' && image.commands.includes('dnf')))!;
}

test(`${DEBIAN_12.name} a lock of another kind on a file of the same number is no hindrance`, () => {
  machine = new Machine(DEBIAN_12, { sh: ['flock', '/var/lib/dpkg/lock-frontend', 'sh'] });
  expect(machine.run()).toMatchObject({ exitCode: 20 });
  expect(machine.log()).not.toContain('sleep 10');
});

describe.each(FEW_IMAGES)('%s', (_name, image) => {
  const packager = packagerOf(image);
  const bare = { ...image, installed: [] };

  test.each(LOCKS[packager])('fails after ten minutes when %s is held for ever, and installs when its process has died', lock => {
    machine = new Machine(bare);
    const before = tree(machine);
    if (lock.endsWith('.pid')) {
      machine.write(lock, '1\n');
    }
    expect(machine.run({}, lock.endsWith('.pid') ? undefined : lock)).toMatchObject({
      exitCode: 25,
      status: { state: 'failed', cause: expect.stringMatching(/lock of the package manager for ten minutes/), remedy: expect.stringMatching(/next run tries again/), changed: [] },
    });
    expect(machine.log()).toEqual(Array(60).fill('sleep 10'));
    const after = tree(machine);
    ['var/lib/dnf', lock.slice(1)].filter(each => !(each in before)).forEach(each => delete after[each]);
    expect(after).toEqual(before);
    if (lock === LOCKS[packager][0]) {
      // What a process that has died left behind is no hindrance.
      LOCKS[packager].forEach((each, index) => machine.write(each, index ? '..' : '4194000\n'));
      machine.forgetLog();
      expect(machine.run()).toMatchObject({ exitCode: 20, status: { state: 'reboot-required' } });
      expect(machine.log()).not.toContain('sleep 10');
    }
  });

  test('fails without a network, with nothing changed', () => {
    machine = new Machine(bare);
    const trouble = packager === 'apt-get' ? ['/stand-in/fail-network'] : ['/stand-in/fail-network', '/stand-in/fail-install'];
    trouble.forEach(each => machine.write(each, ''));
    const before = tree(machine);
    expect(machine.run()).toMatchObject({
      exitCode: 25,
      status: { state: 'failed', cause: expect.stringMatching(/packages could not be installed: kdump|kexec/), remedy: expect.stringMatching(/network/), changed: [] },
    });
    expect(tree(machine)).toEqual(before);
    expect(machine.log().filter(each => each.startsWith('sleep'))).toEqual([]);
  });
});
