import { closeSync, existsSync, openSync, rmSync } from 'node:fs';

/**
 * Finds out whether a file can be written, before something is measured that is to be in it.
 *
 * @throws when it cannot
 */
export function requireWritable(file: string): void {
  const there = existsSync(file);
  try {
    closeSync(openSync(file, 'a'));
  } catch (error) {
    throw new Error(`The figures cannot be written to ${file}: ${(error as Error).message}. Nothing was measured.`);
  }
  if (!there) rmSync(file);
}
