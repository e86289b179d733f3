import { createHash, randomUUID } from 'node:crypto';
import { constants, existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { copyFile, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TemplateDocument } from './aws/template';

const OLD_HOURS = 24;

/**
 * Under what an armed machine is kept: the documents that a stack's associations run, and the parameters that they give them. Stacks that
 * arm alike have the same one.
 */
export function armingKey({ Resources }: TemplateDocument): string {
  const associations = Object.values(Resources).filter(({ Type }) => Type === 'AWS::SSM::Association');
  const arming = associations.map(({ Properties: { Name, Parameters = {} } = {} }) => [Resources[Name?.Ref]?.Properties?.Content, Parameters]);
  if (arming.length === 0 || arming.some(([content]) => content === undefined)) {
    throw new Error(`A stack that arms machines has associations, each of a document of its own; this one has ${associations.length}.`);
  }
  return createHash('sha256').update(JSON.stringify(arming)).digest('hex').slice(0, 16);
}

/**
 * The disk of a machine after it was armed and before anything else happened to it, from which a later run may go on. That it is armed is
 * nothing that is believed: the association runs on it again.
 *
 * It lies upon an image, in whose folder it is: it goes when the image goes, and one of another image is never found. Those of other
 * documents go when one is kept a day later.
 */
export class ArmedDisk {
  public readonly path: string;
  private readonly folder: string;

  constructor(image: string, key: string) {
    this.folder = dirname(image);
    this.path = join(this.folder, `armed-${key}.qcow2`);
  }

  public isKept(): boolean {
    return existsSync(this.path);
  }

  public forget(): void {
    rmSync(this.path, { force: true });
  }

  /** Keeps what `whileStill` lets it copy: the file of a disk that nothing writes to meanwhile. A copy that is cut off is not kept. */
  public async keep(whileStill: (copy: (disk: string) => Promise<void>) => Promise<void>): Promise<void> {
    const beside = join(this.folder, `${randomUUID()}.keeping`);
    try {
      await whileStill(disk => copyFile(disk, beside, constants.COPYFILE_FICLONE));
      // A name that outlives a power failure before the content does would lie.
      const file = await open(beside, 'r+');
      await file.sync().finally(() => file.close());
      removeOld(this.folder);
      await rename(beside, this.path);
    } finally {
      rmSync(beside, { force: true });
    }
  }
}

function removeOld(folder: string): void {
  for (const name of readdirSync(folder).filter(each => each.startsWith('armed-') || each.endsWith('.keeping'))) {
    const path = join(folder, name);
    const { mtimeMs = Infinity } = statSync(path, { throwIfNoEntry: false }) ?? {}; // of two runs at once, the other may be faster
    if (Date.now() - mtimeMs > OLD_HOURS * 3_600_000) rmSync(path, { force: true });
  }
}
