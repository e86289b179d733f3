import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What Lambda loads of a bundle for one of its files: it and the chunks that it imports at once. */
export function loaded(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const imports = readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*"(\.\/[\w-]+\.mjs)"/g);
  for (const [, other] of imports) loaded(join(dirname(file), other), seen);
  return seen;
}
