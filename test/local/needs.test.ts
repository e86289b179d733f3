import { DiskImage } from '../../local/instance/disk-image';
import { DEBIAN_12 } from '../../local/instance/release';
import { MEMORY_MIB, needsOf, shortages, WORK_MIB } from '../../local/needs';

const MEMORY = { what: 'of memory', mib: 3000, availableMib: 2999.9, remedy: 'End something.' };
const DISK = { what: 'of disk space in /tmp', mib: 1000, availableMib: 1000, remedy: 'Name another folder.' };

test('what is there just so is no shortage', () => {
  expect(shortages([{ ...MEMORY, availableMib: 3000 }, DISK])).toEqual([]);
});

test('a shortage says what is needed, what is there, and what to do', () => {
  expect(shortages([MEMORY, DISK])).toEqual(['The demo needs 3000 MiB of memory, and 2999 MiB are available. End something.']);
});

test('a run needs memory and disk space, as this computer has them', () => {
  const needs = needsOf(new DiskImage(DEBIAN_12), '/proc');
  expect(needs.map(({ mib }) => mib)).toEqual(expect.arrayContaining([MEMORY_MIB, WORK_MIB])); // /proc is a file system of its own
  expect(needs.find(({ what }) => what.includes('/proc'))!.availableMib).toBe(0);
  for (const { availableMib } of needs.filter(({ what }) => !what.includes('/proc'))) expect(availableMib).toBeGreaterThan(0);
});

test('the folders of one file system are counted together', () => {
  const [, room] = needsOf(new DiskImage(DEBIAN_12), DiskImage.cacheDirectory());
  expect(room.mib).toBeGreaterThan(WORK_MIB);
});
