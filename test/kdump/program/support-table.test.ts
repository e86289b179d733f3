import * as fs from 'fs';
import * as path from 'path';
import * as images from './images';
import { FEW_IMAGES, IMAGES as MANY_IMAGES } from './matrix/hostile';
import { RELEASES } from '../../../local/instance/release';

const ROOT = path.join(__dirname, '../../..');
const MATRIX = path.join(__dirname, 'matrix');

/** Name, boot loader, life, killed, hostile, real machine. */
const rows = fs.readFileSync(path.join(ROOT, 'docs/operating-systems.md'), 'utf8').split('\n')
  .filter(line => /^\| (?!system|---)/.test(line) && line.split('|').length === 8)
  .map(line => line.split('|').slice(1, -1).map(cell => cell.trim()));

/** The images that a call of this function names in the files of the matrix. */
function namedBy(call: string): string[] {
  const names = fs.readdirSync(MATRIX).filter(file => file.endsWith('.test.ts')).flatMap(file =>
    [...fs.readFileSync(path.join(MATRIX, file), 'utf8').matchAll(new RegExp(`${call}\\(([^)]*)\\)`, 'g'))].flatMap(match => match[1].split(/,\s*/)));
  return names.map(name => (images as unknown as Record<string, images.Image>)[name].name).sort();
}

function namesWhere(column: number, what: RegExp): string[] {
  return rows.filter(row => what.test(row[column])).map(row => row[0]).sort();
}

// The documentation promises nothing that no test shows, and hides nothing that one does.
test('the table of operating systems has every image once', () => {
  expect(rows.map(row => row[0]).sort()).toEqual(images.ALL_IMAGES.map(image => image.name).sort());
});

test.each([['life', 2, 'describeLife'], ['blocked states', 2, 'describeBlocked'], ['killed at every step', 3, 'describeKilled']])(
  'its column about %s says what the matrix has', (_what, column, call) => {
    expect(namesWhere(column, /yes/)).toEqual(namedBy(call));
  });

test('its column about hostile surroundings says what the matrix has', () => {
  const hostile = [...MANY_IMAGES, ...FEW_IMAGES].map(([name]) => name);
  expect(namesWhere(4, /yes/)).toEqual([...new Set(hostile)].sort());
});

test('its column about real machines says what the local stand has', () => {
  const machines = RELEASES.map(each => each.system.replace('debian', 'Debian') + (each.platform.architecture === 'arm64' ? ' on arm64' : ''));
  expect(namesWhere(5, /yes/)).toEqual(machines.sort());
});
