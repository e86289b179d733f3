import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

/** When the dumps were written, unless they are older: seconds. */
export const NOW = Math.floor(Date.now() / 1000);

/** A directory with dumps in it, as the program of the collection finds one. */
export class CrashDirectory {
  public readonly root = fs.mkdtempSync(path.join(os.tmpdir(), 'collection-'));
  public readonly dumpPath = path.join(this.root, 'crash');

  public constructor() {
    fs.mkdirSync(this.dumpPath);
  }

  /** Answers the path of the file. Its age is in seconds. */
  public put(name: string, content: string | Buffer = 'KDUMP   a dump', age = 0): string {
    const file = path.join(this.dumpPath, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, content);
    fs.utimesSync(file, NOW - age, NOW - age);
    return file;
  }

  public remove(): void {
    fs.rmSync(this.root, { recursive: true });
  }
}

export const sha256 = (content: string | Buffer, encoding: 'hex' | 'base64' = 'hex') => createHash('sha256').update(content).digest(encoding);
