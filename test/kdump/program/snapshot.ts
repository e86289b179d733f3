import { createHash } from 'crypto';
import * as fs from 'fs';
import * as path from 'path';

// What a converged run may not touch.
const OBSERVED = ['etc', 'boot', 'var', 'run', 'usr/lib/dracut'];

/** Every file of the machine with its mode, time and content. */
export function snapshot(root: string): Record<string, string> {
  const found: Record<string, string> = {};
  OBSERVED.filter(each => fs.existsSync(path.join(root, each))).forEach(each => collect(root, each, found));
  return found;
}

function collect(root: string, relative: string, found: Record<string, string>): void {
  const full = path.join(root, relative);
  const stat = fs.lstatSync(full, { bigint: true });
  const kind = stat.isDirectory() ? 'directory'
    : stat.isSymbolicLink() ? fs.readlinkSync(full) : !stat.isFile() ? 'no file' : createHash('sha256').update(fs.readFileSync(full)).digest('hex');
  found[relative] = `${stat.mode.toString(8)} ${stat.mtimeNs} ${kind}`;
  if (stat.isDirectory()) {
    fs.readdirSync(full).forEach(each => collect(root, path.join(relative, each), found));
  }
}
