import * as v from 'valibot';

const name = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_][A-Za-z0-9._:+-]{0,254}$/));
const bytes = v.pipe(v.number(), v.integer(), v.minValue(0));
const word = v.pipe(v.string(), v.regex(/^[A-Za-z0-9._+~-]{1,200}$/));
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

const listing = v.strictObject({
  directory: v.nullable(name),
  files: v.pipe(v.array(v.strictObject({
    name, kind: v.picklist(['kernelLog', 'vmcore']), bytes, incomplete: v.boolean(), sha256: v.optional(sha256),
  })), v.maxLength(8)),
  passedOver: v.pipe(v.number(), v.integer()),
  capturing: v.boolean(),
  curl: v.boolean(),
  system: v.strictObject({ id: word, version: word, kernel: word, architecture: word }),
});

/** What the program found on the instance. */
export type Listing = v.InferOutput<typeof listing>;

/** What the program printed about parts and files. */
export interface Progress {
  /** The numbers of the parts that S3 has taken. */
  readonly sent: number[];
  /** Hexadecimal, by file and number of the part, `dump.202601020306 1`. */
  readonly hashes: Map<string, string>;
  readonly failure?: string;
  /** A file that is no longer as it was found. */
  readonly changed: boolean;
  /** The names of the files that were deleted. */
  readonly removed: string[];
}

/**
 * Reads what the instance says. It is believed no further than its form: what it names becomes keys of the bucket and words of a shell.
 *
 * @returns undefined where it is not of that form
 */
export function readListing(output: string): Listing | undefined {
  let json: unknown;
  try {
    json = JSON.parse(output.trim().split('\n').pop() ?? '');
  } catch {
    return undefined;
  }
  const { success, output: found } = v.safeParse(listing, json);
  return success ? found : undefined;
}

export function readProgress(output: string): Progress {
  const lines = output.split('\n').map(line => line.split(' '));
  const of = (what: string, fields: number) => lines.filter(line => line[0] === what && line.length === fields);
  const [failed] = of('failed', 6);
  return {
    sent: of('sent', 3).map(([, , number]) => Number(number)),
    hashes: new Map(of('hash', 4).filter(([, , , hash]) => v.is(sha256, hash)).map(([, file, number, hash]) => [`${file} ${number}`, hash])),
    ...failed && { failure: `part ${Number(failed[2])}: HTTP status ${Number(failed[3])}, exit code of curl ${Number(failed[4])}, S3 says ${failed[5].slice(0, 60)}` },
    changed: of('changed', 2).length > 0,
    removed: of('removed', 2).map(([, file]) => file),
  };
}
