/**
 * What the product costs, and how fast it is, beside something else that is measured in the same run.
 *
 *   npm run bench [-- --only ROW,ROW] [--json FILE] [--write]
 *
 * `--write` makes docs/benchmarks.md, and docs/benchmarks.json that it is made of. Rows that are not measured, or cannot be, keep what
 * they have there.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { render, table } from './document';
import { Attempt, kept, notMeasured, Results, resultOf } from './results';
import { Row } from './row';
import { ROWS } from './rows';
import { useWorkFolder } from './work-folder';
import { requireWritable } from './writable';

const DOCUMENT = join(__dirname, '..', '..', 'docs', 'benchmarks.md');
const FIGURES = DOCUMENT.replace(/md$/, 'json');

function chosen(only: string | undefined): Row[] {
  if (only === undefined) return ROWS;
  const names = only.split(',');
  const unknown = names.filter(name => !ROWS.some(row => row.name === name));
  if (unknown.length) throw new Error(`--only names ${unknown.join(', ')}; there are ${ROWS.map(({ name }) => name).join(', ')}.`);
  return ROWS.filter(({ name }) => names.includes(name));
}

async function measure(row: Row): Promise<Attempt> {
  console.log(`${row.name}: ${row.what}`);
  try {
    return { result: resultOf(row, await row.measure(progress => console.log(`  ${progress}`))), failed: false };
  } catch (error) {
    console.error(`${row.name} could not be measured: ${(error as Error).stack}`);
    process.exitCode = 1;
    return { result: notMeasured(row, (error as Error).message.split('\n')[0]), failed: true };
  }
}

const write = (file: string, results: Results) => writeFileSync(file, `${JSON.stringify(results, undefined, 2)}\n`);

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'string' }, write: { type: 'boolean' } } });
  const rows = chosen(values.only);
  if (values.json) requireWritable(values.json);
  if (values.write) [FIGURES, DOCUMENT].forEach(requireWritable);
  const committed: Results = values.write && existsSync(FIGURES) ? JSON.parse(readFileSync(FIGURES, 'utf8')) : { rows: [] };
  useWorkFolder();
  const attempts = new Map<string, Attempt>();
  for (const row of rows) attempts.set(row.name, await measure(row));
  console.log(`\n${table({ rows: [...attempts.values()].map(({ result }) => result) })}`);

  if (values.json) write(values.json, { rows: kept(ROWS, attempts, []) });
  if (values.write) {
    const all = { rows: kept(ROWS, attempts, committed.rows) };
    write(FIGURES, all);
    writeFileSync(DOCUMENT, render(all));
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
