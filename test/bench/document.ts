import { Compared, Grown, MachineFacts, RowResult, Results } from './results';
import { Summary } from './statistics';

const HEAD = `# Benchmarks

Ratios, each measured side by side in one run: ours and what it is compared with take turns, so that what else the machine does, it does to
both, and who goes first alternates. A ratio is the median of the pairs' ratios, with their quartiles in brackets; of fewer than five pairs, which
have no quartiles worth the name, the least and the greatest of them (“all: 1.3 to 1.5”), and of a single one nothing. The milliseconds are those
of one machine, and say little about another one.

To repeat it, in a clone, on Debian or Ubuntu, x86_64:

\`\`\`sh
npm install && npm run bench
\`\`\`

\`npm run bench -- --only latency,synth\` measures some rows, \`--json FILE\` writes what was measured, and \`--write\` makes this document anew
(rows that are not measured, or cannot be, keep the figures that they have). No figure fails a test; the goals are those of the project.
`;

const TABLE = [
  '| row | against | ours | theirs | ratio | goal | |',
  '|---|---|--:|--:|--:|---|---|',
];

/** Three digits, for reading. */
export function figure(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 0.1 || value === 0 ? 2 : 4;
  return value.toFixed(digits).replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '').replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ',');
}

/** The quick ones are said to be faster: `3.1 × faster` rather than `0.32 ×`. */
function ratio({ ratio: value, quartiles, range = [value, value], pairs }: Summary, faster: boolean): string {
  const turned = (of: number) => figure(faster ? 1 / of : of);
  const [from, to] = quartiles ?? range;
  const ends = faster ? [to, from] : [from, to];
  const spread = pairs > 1 ? ` (${quartiles ? '' : 'all: '}${ends.map(turned).join(' to ')})` : '';
  return `${turned(value)} ×${faster ? ' faster' : ''}${spread}`;
}

function tableLine(name: string, compared: Compared): string {
  const { against, goal = '' } = compared;
  if ('notMeasured' in compared) return `| ${name} | ${against} | | | not measured | ${goal} | |`;
  const { unit, ours, theirs, met } = compared.measured;
  const verdict = met === undefined ? '' : met ? 'met' : '**missed**';
  const shown = ratio(compared.measured, goal.endsWith('faster'));
  return `| ${name} | ${against} | ${figure(ours)} ${unit} | ${figure(theirs)} ${unit} | ${shown} | ${goal} | ${verdict} |`;
}

/** The one table, for the terminal as well. */
export function table({ rows }: Results): string {
  return [...TABLE, ...rows.flatMap(({ name, compared }) => compared.map(each => tableLine(name, each)))].join('\n');
}

function machine({ cores, memoryGiB, node, platform }: MachineFacts): string {
  return `${cores} cores, ${memoryGiB} GiB of memory, ${platform}, Node.js ${node}; virtual machines, where a row has any, are emulated, without KVM`;
}

function growth({ what, of, unit, sizes, values, order, constant, slope }: Grown): string {
  const figures = sizes.map((size, index) => `${figure(values[index])} ${unit} at ${figure(size)}`).join(', ');
  const shape = order === 'linear' ? `linear, ${figure(constant)} ${unit} and ${figure(slope)} ${unit} for each` : order;
  return `- Growth of ${what} with ${of}: **${shape}** (${figures}).`;
}

function section({ name, what, compared, growth: grown, notes, on }: RowResult): string {
  const why = [...new Set(compared.flatMap(each => 'notMeasured' in each ? [`- Against ${each.against}: not measured, ${each.notMeasured}.`] : []))];
  const facts = [
    ...compared.flatMap(each => 'measured' in each ? [`- Against ${each.against}: ${each.measured.pairs} ${each.measured.pairs === 1 ? 'pair' : 'pairs'}.`] : []),
    ...why, ...grown.map(growth), ...notes.map(note => `- ${note}`),
  ];
  return [`## ${name}`, '', what, '', ...facts, ...on ? ['', `Measured on ${on.date}: ${machine(on.machine)}.`] : []].join('\n');
}

/** docs/benchmarks.md: made of the results alone. */
export function render(results: Results): string {
  return [HEAD, table(results), '', ...results.rows.map(row => `${section(row)}\n`)].join('\n');
}
