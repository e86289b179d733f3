/**
 * Runs inside the child process that plays Lambda's execution environment: loads the handler once, as Lambda's runtime does, runs it
 * with each event that the parent sends, and answers with its result or its error. Node 24 runs this file as it is.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

type Handler = (event: unknown, context: object) => unknown;
let handler: Handler | undefined;

function describe(error: any): object {
  const trace = String(error?.stack ?? error).split('\n');
  return { errorType: error?.name ?? typeof error, errorMessage: error?.message ?? String(error), trace };
}

/** A CommonJS module goes before an ES module, as in Lambda's runtime. */
async function load(): Promise<Handler> {
  const [file, name] = process.env._HANDLER!.split(/\.(?=[^./]+$)/);
  const path = resolve(process.env.LAMBDA_TASK_ROOT!, file);
  const module = existsSync(`${path}.js`) || !existsSync(`${path}.mjs`) ? createRequire(import.meta.url)(path) : await import(pathToFileURL(`${path}.mjs`).href);
  const loaded = module[name];
  if (typeof loaded !== 'function') {
    throw Object.assign(new Error(`${process.env._HANDLER} is undefined or not exported`), { name: 'Runtime.HandlerNotFound' });
  }
  return loaded;
}

async function run({ event, context, deadline }: any): Promise<object> {
  try {
    handler ??= await load();
    const result = await handler(event, { ...context, getRemainingTimeInMillis: () => deadline - Date.now() });
    return { result: JSON.stringify(result === undefined ? null : result) };
  } catch (error) {
    return { error: describe(error) };
  }
}

process.on('message', async (message: any) => {
  const outcome = await run(message);
  // What was written comes over other pipes than the outcome: the marks tell the parent that it has all of it.
  process.stdout.write(message.mark + '\n');
  process.stderr.write(message.mark + '\n');
  process.send!({ ...outcome, loaded: handler !== undefined });
});
