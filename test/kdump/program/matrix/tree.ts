import { Machine } from '../machine';

// What packages and their tools keep for themselves.
const THEIRS = /^(run|var\/(cache|lib\/(kdump|dpkg|rpm)))(\/|$)/;

/** What the machine has of its own: every file with its mode and content, whenever it was written. */
export function tree(machine: Machine): Record<string, string> {
  const entries = Object.entries(machine.snapshot()).map(([file, state]) => [file, state.replace(/ \d+ /, ' ')]);
  return Object.fromEntries(entries.filter(([file]) => !THEIRS.test(file)));
}
