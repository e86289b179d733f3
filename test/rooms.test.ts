import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const SRC = join(__dirname, '..', 'src');
/** The rooms in the order of an incident; what lies beside them composes them. */
const ROOMS = ['kdump', 'detection', 'interrupt', 'response'];
const BUILDING = ROOMS.length;

const floor = (file: string) => {
  const [first, ...rest] = relative(SRC, file).split('/');
  return rest.length === 0 ? BUILDING : ROOMS.indexOf(first);
};

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts')).map(name => join(SRC, name));

test('every file lies in a room, or beside the rooms', () => {
  expect(files.length).toBeGreaterThan(20);
  expect(files.filter(file => floor(file) < 0)).toEqual([]);
});

test('a room imports only from rooms before it', () => {
  const wrong = files.flatMap(file => [...readFileSync(file, 'utf8').matchAll(/from '(\.[^']*)'/g)]
    .map(([, path]) => join(dirname(file), path))
    .filter(imported => floor(imported) > floor(file))
    .map(imported => `${relative(SRC, file)} -> ${relative(SRC, imported)}`));
  expect(wrong).toEqual([]);
});

test('constructs import no AWS SDK: it is for the handlers, which are bundled', () => {
  const constructs = files.filter(file => /extends (Construct|Alarm)|implements IAlarmAction/.test(readFileSync(file, 'utf8')));
  const reached = new Set<string>();
  const follow = (file: string): void => {
    if (reached.has(file) || !files.includes(file)) return;
    reached.add(file);
    [...readFileSync(file, 'utf8').matchAll(/from '(\.[^']*)'/g)].forEach(([, path]) => follow(`${join(dirname(file), path)}.ts`));
  };
  [...constructs, join(SRC, 'index.ts')].forEach(follow);
  expect(constructs.length).toBeGreaterThanOrEqual(4);
  expect([...reached].filter(file => readFileSync(file, 'utf8').includes('@aws-sdk/'))).toEqual([]);
});
