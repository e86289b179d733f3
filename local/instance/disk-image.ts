import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join, relative } from 'node:path';
import { requireTools } from './host-tools';
import * as imageBuild from './image-build';
import { Release } from './release';
import { cacheFolder } from '../cache';

/** What nothing has used for this long is removed when a new image was built: images of other recipes, and killed builds. */
const UNUSED_HOURS = 14 * 24;
const ABANDONED_HOURS = 1;

/**
 * The instance's disk: Debian with a boot loader, the agent's stand-in, the hang module where it can be of use, and, as packages,
 * what kdump needs.
 *
 * It is built once and cached under a hash of everything of ours that it is made from. Its age is not bounded: the machine
 * reaches no network, and the packages on its disk fit the kernel that was built in with them.
 */
export class DiskImage {
  public static cacheDirectory(): string {
    return join(cacheFolder(), 'instance-image');
  }

  /** Where it is once it is provided. */
  public readonly path: string;
  private readonly directory: string;

  constructor(private readonly release: Release) {
    this.directory = join(DiskImage.cacheDirectory(), `${release.name}-${recipeHash(release)}`);
    this.path = join(this.directory, 'disk.qcow2');
  }

  /** Path of the image for today's recipe, built if need be. Never write to it; put an overlay on it. */
  public async provide(onProgress: (what: string) => void = () => {}): Promise<string> {
    if (!this.isCached()) {
      requireTools(this.release.platform);
      await this.build(onProgress);
      removeUnused(DiskImage.cacheDirectory(), this.directory);
    }
    utimesSync(this.directory, new Date(), new Date());
    return this.path;
  }

  /** Whether the image for today's recipe is there already. */
  public isCached(): boolean {
    return existsSync(this.path);
  }

  /** Builds beside the goal and renames: a build that is killed leaves no image, and of two at once the first one's is kept. */
  private async build(onProgress: (what: string) => void): Promise<void> {
    const work = `${this.directory}.${randomUUID()}.building`;
    mkdirSync(work, { recursive: true });
    try {
      await imageBuild.buildDisk(this.release, work, onProgress);
      try {
        renameSync(work, this.directory);
      } catch (error) {
        if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) {
          throw error;
        }
      }
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
}

function recipeHash(release: Release): string {
  const { suite, ended, platform } = release;
  const hash = createHash('sha256').update(JSON.stringify({ suite, ended, platform }));
  for (const file of imageBuild.SOURCES.flatMap(filesBelow)) {
    const content = readFileSync(file);
    hash.update(`${relative(__dirname, file)} ${content.length}\n`).update(content);
  }
  return hash.digest('hex').slice(0, 16);
}

function removeUnused(cache: string, used: string): void {
  for (const name of readdirSync(cache)) {
    const path = join(cache, name);
    const hours = name.endsWith('.building') ? ABANDONED_HOURS : UNUSED_HOURS;
    if (path !== used && Date.now() - statSync(path).mtimeMs > hours * 3_600_000) {
      rmSync(path, { recursive: true, force: true });
    }
  }
}

function filesBelow(path: string): string[] {
  if (statSync(path).isFile()) {
    return [path];
  }
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
