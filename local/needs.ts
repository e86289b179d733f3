import { existsSync, statfsSync, statSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { cacheFolder } from './cache';
import { DiskImage } from './instance/disk-image';

/** The machine's 2048 MiB, all of which it may come to use, and QEMU, Node.js and the emulators. */
export const MEMORY_MIB = 3072;
/** While an image is built (818 MiB were seen); the disk of the machine and its dump take a fifth of that. */
export const WORK_MIB = 1024;
/** While it is built (726 MiB were seen); half of that stays. */
export const IMAGE_MIB = 1024;
/** 95 MiB were seen. */
export const ARMED_MIB = 128;
/** 143 MiB were seen. */
export const PYTHON_MIB = 192;

/** Something that a run uses up. */
export interface Need {
  /** What it is needed for, as a sentence goes on after "MiB". */
  readonly what: string;
  readonly mib: number;
  readonly availableMib: number;
  /** What to do where it is less. */
  readonly remedy: string;
}

/** What is missing, and what to do about it; nothing when all is there. */
export function shortages(needs: Need[]): string[] {
  return needs.filter(({ mib, availableMib }) => availableMib < mib)
    .map(({ what, mib, availableMib, remedy }) => `The demo needs ${mib} MiB ${what}, and ${Math.floor(availableMib)} MiB are available. ${remedy}`);
}

/** What a run needs, and what this computer has of it. @param work the folder of --work */
export function needsOf(image: DiskImage, work?: string): Need[] {
  const [folder, cache] = [resolve(work ?? tmpdir()), cacheFolder()];
  const cacheMib = ARMED_MIB + (image.isCached() ? 0 : IMAGE_MIB) + (existsSync(join(cache, 'python')) ? 0 : PYTHON_MIB);
  const [forWork, forCache] = [fileSystem(folder), fileSystem(cache)];
  const elsewhere = 'Name a folder on another disk:  ';
  const cacheElsewhere = `${elsewhere}XDG_CACHE_HOME=/some/where npm run demo`;
  // Both take from one file system, mostly.
  const room = forWork.device === forCache.device
    ? [{ what: `of disk space in ${cache} and ${folder}`, mib: WORK_MIB + cacheMib, ...forCache, remedy: cacheElsewhere }]
    : [
      { what: `of disk space in ${folder}`, mib: WORK_MIB, ...forWork, remedy: `${elsewhere}${work ? 'npm run demo -- --work /some/where' : 'TMPDIR=/some/where npm run demo'}` },
      { what: `of disk space in ${cache}`, mib: cacheMib, ...forCache, remedy: cacheElsewhere },
    ];
  return [
    { what: 'of memory', mib: MEMORY_MIB, availableMib: availableMemory() / 1024 / 1024, remedy: 'End what takes the most of it:  ps -eo rss,pid,comm --sort=-rss | head' },
    ...room,
  ];
}

/** With the bound of a container, where Node.js knows of it. */
function availableMemory(): number {
  return process.availableMemory?.() ?? freemem();
}

/** Of the nearest folder that is there. */
function fileSystem(path: string): { device: number; availableMib: number } {
  if (!existsSync(path)) return fileSystem(dirname(path));
  const { bavail, bsize } = statfsSync(path);
  return { device: statSync(path).dev, availableMib: bavail * bsize / 1024 / 1024 };
}
