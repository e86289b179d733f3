import * as fs from 'node:fs';
import * as path from 'node:path';
import { Image } from './images';
import { Machine } from './machine';

/** The command line of every kernel that grub.cfg boots. */
export function commandLines(machine: Machine, image: Image): string[] {
  return [...machine.read(image.grubConfiguration).matchAll(/^\s*linux\S*\s+(.*)$/gm)].map(match => match[1]);
}

/** No file lies there that was to replace another one, or was replaced. */
export function expectNothingBeside(machine: Machine, directory: string): void {
  expect(fs.readdirSync(path.join(machine.root, directory)).filter(each => each.includes('.cdk-') || each.endsWith('.new'))).toEqual([]);
}
