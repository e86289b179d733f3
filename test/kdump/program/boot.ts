import * as fs from 'fs';
import * as path from 'path';
import { Image } from './images';

export interface Booted {
  readonly kernel: string;
  /** With the name of the kernel in front, as GRUB hands it over. */
  readonly commandLine: string;
}

/** What GRUB boots on this machine when nobody touches the keyboard. */
export function boot(root: string, image: Image): Booted {
  const configuration = read(root, image.grubConfiguration);
  const candidates = {
    'grub.cfg': () => menuEntries(configuration),
    'bls': () => loaderEntries(root, configuration, image.grubConfiguration),
    'legacy': () => legacyEntries(configuration),
  }[image.bootsBy]();
  const entry = candidates.find(each => each.names.includes(defaultEntry(root, image, configuration))) ?? candidates[0];
  if (!entry) {
    throw new Error(`${image.grubConfiguration} boots no kernel.`);
  }
  const [file] = entry.line.split(/\s+/);
  if (!fs.existsSync(path.join(root, 'boot', path.basename(file)))) {
    throw new Error(`${image.grubConfiguration} boots ${file}, which does not exist.`);
  }
  return { kernel: path.basename(file).replace('vmlinuz-', ''), commandLine: `BOOT_IMAGE=${entry.line.trim()}` };
}

interface Entry {
  /** By which a default can mean it. */
  readonly names: string[];
  readonly line: string;
}

/** As GRUB reads lines: without carriage returns (grub_file_getline). */
function read(root: string, file: string): string {
  return fs.readFileSync(path.join(root, file), 'utf8').replace(/\r/g, '');
}

/** GRUB's environment block: 1024 bytes that begin with its signature, or nothing. */
export function grubEnvironment(root: string, configuration: string): Record<string, string> {
  const file = [path.join(path.dirname(configuration), 'grubenv'), '/boot/grub2/grubenv'].find(each => fs.existsSync(path.join(root, each)));
  const block = file ? read(root, file) : '';
  if (block.length !== 1024 || !block.startsWith('# GRUB Environment Block\n')) {
    return {};
  }
  return Object.fromEntries([...block.matchAll(/^(\w+)=(.*)$/gm)].map(match => [match[1], match[2]]));
}

function defaultEntry(root: string, image: Image, configuration: string): string {
  const legacy = /^default[= ](\S+)/m.exec(configuration);
  const saved = configuration.includes('${saved_entry}') ? grubEnvironment(root, image.grubConfiguration).saved_entry : undefined;
  const fixed = /^\s*set default="(\d+)"/m.exec(configuration);
  return legacy?.[1] ?? saved ?? fixed?.[1] ?? '0';
}

function menuEntries(configuration: string): Entry[] {
  const parts = configuration.split(/^\s*menuentry /m).slice(1);
  return parts.flatMap((part, index) => {
    const linux = /^\s*linux(?:16|efi)?\s+(.*)$/m.exec(part);
    const [, title, , id] = /^'([^']*)'[^{]*?(menuentry_id_option '([^']*)')?[^{]*\{/.exec(part) ?? [];
    return linux ? [{ names: [`${index}`, title, id], line: linux[1] }] : [];
  });
}

function legacyEntries(configuration: string): Entry[] {
  return [...configuration.matchAll(/^\s*kernel\s+(.*)$/gm)].map((match, index) => ({ names: [`${index}`], line: match[1] }));
}

/** The entries in the order of blscfg: the newest first, by the comparison of rpm; without options, $default_kernelopts counts. */
function loaderEntries(root: string, configuration: string, file: string): Entry[] {
  if (!/^\s*blscfg\b/m.test(configuration)) {
    return menuEntries(configuration);
  }
  const variables: Record<string, string> = { ...grubEnvironment(root, file) };
  const fallback = /set kernelopts="(.*)"/.exec(configuration);
  variables.kernelopts ??= fallback?.[1] ?? '';
  const directory = '/boot/loader/entries';
  return fs.readdirSync(path.join(root, directory)).filter(each => each.endsWith('.conf') && !each.startsWith('.') && isFile(path.join(root, directory, each)))
    .map(each => each.replace(/\.conf$/, '')).sort((a, b) => compareVersions(b, a)).map((id, index) => {
      const text = read(root, `${directory}/${id}.conf`);
      const values = (key: string) => [...text.matchAll(new RegExp(`^${key}[ \\t]+(.*)$`, 'gm'))].map(match => match[1]);
      const options = values('options').join(' ').replace(/\$\{?(\w+)\}?/g, (_, name) => variables[name] ?? '');
      return { names: [`${index}`, id, ...values('title')], line: `${values('linux')[0]} ${options}` };
    });
}

/** What cannot be opened is no entry, and nobody can wait for what is no file. */
function isFile(file: string): boolean {
  return fs.statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** rpmvercmp: runs of digits or of letters, a number beats letters, and the longer one wins. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map(each => each.match(/\d+|[a-zA-Z]+/g) ?? []);
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [x, y] = [left[i], right[i]];
    const numbers = [x, y].filter(each => /^\d/.test(each)).length;
    if (numbers === 1) {
      return /^\d/.test(x) ? 1 : -1;
    }
    const order = numbers === 2 ? Number(BigInt(x) - BigInt(y)) : x < y ? -1 : x > y ? 1 : 0;
    if (order !== 0) {
      return Math.sign(order);
    }
  }
  return left.length - right.length;
}
