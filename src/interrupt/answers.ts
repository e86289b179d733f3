/** How a read is ended when it takes too long. */
export interface ReadOptions {
  readonly abortSignal: AbortSignal;
}

/** An answer of AWS that lacks what it is documented to hold. It is as good as none. */
export class IncompleteAnswerError extends Error {
  public readonly name = 'IncompleteAnswer';
}

/** The bound for an answer that is continued again and again. */
const MOST_PAGES = 10;

export function text(value: string | undefined, what: string): string {
  if (typeof value !== 'string' || value === '') throw new IncompleteAnswerError(`${what} is not in it`);
  return value;
}

/** Reads page after page until one has what is looked for; undefined when no page has it. */
export async function findOnPages<T>(
  read: (nextToken?: string) => Promise<{ readonly found?: T; readonly nextToken?: string }>,
): Promise<T | undefined> {
  let token: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const { found, nextToken } = await read(token);
    // "If there are no additional items to return, the string is empty" (Systems Manager API Reference)
    if (found !== undefined || !nextToken) return found;
    token = nextToken;
  }
  throw new IncompleteAnswerError(`there are more than ${MOST_PAGES} pages`);
}
