/** What a directory for dumps may be called: it becomes a word of a root shell. */
export const DUMP_PATH_GRAMMAR = "an absolute path of up to 200 letters, digits, '/', '.', '_' and '-', without a '/' at its end, whose names begin with a"
  + " letter, a digit or '_'";

/**
 * Whether a directory for dumps is called so.
 */
export function isDumpPath(path: string): boolean {
  return /^(?=.{2,200}$)(\/[A-Za-z0-9_][A-Za-z0-9._-]*)+$/.test(path);
}
