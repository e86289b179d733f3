/**
 * What the product costs, and how fast it is, beside something else that is measured in the same run.
 *
 *   npm run bench [-- --only ROW,ROW] [--json FILE] [--write]
 *
 * `--write` makes docs/benchmarks.md, and docs/benchmarks.json that it is made of. Rows that are not measured keep what they have there.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { render, table } from './document';
import { notMeasured, Results, resultOf, RowResult } from './results';
import { Row } from './row';
import { ROWS } from './rows';

const DOCUMENT = join(__dirname, '..', '..', 'docs', 'benchmarks.md');
const FIGURES = DOCUMENT.replace(/md$/, 'json');

function chosen(only: string | undefined): Row[] {
  if (only === undefined) return ROWS;
  const names = only.split(',');
  const unknown = names.filter(name => !ROWS.some(row => row.name === name));
  if (unknown.length) throw new Error(`--only names ${unknown.join(', ')}; there are ${ROWS.map(({ name }) => name).join(', ')}.`);
  return ROWS.filter(({ name }) => names.includes(name));
}

async function measure(row: Row): Promise<RowResult> {
  console.log(`${row.name}: ${row.what}`);
  try {
    return resultOf(row, await row.measure(progress => console.log(`  ${progress}`)));
  } catch (error) {
    console.error(`${row.name} could not be measured: ${(error as Error).stack}`);
    process.exitCode = 1;
    return notMeasured(row, (error as Error).message.split('\n')[0]);
  }
}

const write = (file: string, results: Results) => writeFileSync(file, `${JSON.stringify(results, undefined, 2)}\n`);

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'string' }, write: { type: 'boolean' } } });
  const rows = chosen(values.only);
  const measured = new Map<string, RowResult>();
  for (const row of rows) measured.set(row.name, await measure(row));
  console.log(`\n${table({ rows: [...measured.values()] })}`);

  const with_ = (others: Map<string, RowResult>): Results => ({
    rows: ROWS.map(row => measured.get(row.name) ?? others.get(row.name) ?? notMeasured(row, 'it was left out of the run')),
  });
  if (values.json) write(values.json, with_(new Map()));
  if (values.write) {
    const kept: Results = existsSync(FIGURES) ? JSON.parse(readFileSync(FIGURES, 'utf8')) : { rows: [] };
    const all = with_(new Map(kept.rows.map(row => [row.name, row])));
    write(FIGURES, all);
    writeFileSync(DOCUMENT, render(all));
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
