import { debugSymbols } from './debug-symbols';
import type { Collection } from './incident';

/** What to type next: how the dump is fetched, and opened with the debug symbols of its kernel. */
export function dumpCommands({ bucket, files, system }: Collection): string[] {
  const vmcore = files.find(({ kind, key }) => kind === 'vmcore' && key !== undefined);
  if (!vmcore || !system) return [];
  const { name } = vmcore;
  // What makedumpfile has written into a pipe is not in order (makedumpfile(8), -R).
  const flattened = name.startsWith('dump.') ? [`makedumpfile -R vmcore < ${name} || mv ${name} vmcore`] : name === 'vmcore' ? [] : [`mv ${name} vmcore`];
  return [
    `aws s3 cp 's3://${bucket}/${vmcore.key}' .`,
    ...flattened,
    ...debugSymbols(system),
    'crash "$vmlinux" vmcore',
    'drgn -c vmcore -s "$vmlinux"',
  ];
}
