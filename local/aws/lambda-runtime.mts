/**
 * Runs inside the child process that plays Lambda's execution environment: loads the handler as Lambda's runtime does, runs it once
 * with what the parent sends, and answers with its result or its error. Node 24 runs this file as it is.
 */
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const [file, name] = process.env._HANDLER!.split(/\.(?=[^./]+$)/);

function describe(error: any): object {
  const trace = String(error?.stack ?? error).split('\n');
  return { errorType: error?.name ?? typeof error, errorMessage: error?.message ?? String(error), trace };
}

process.once('message', async ({ event, context, deadline }: any) => {
  try {
    const handler = createRequire(import.meta.url)(resolve(process.env.LAMBDA_TASK_ROOT!, file))[name];
    if (typeof handler !== 'function') {
      throw Object.assign(new Error(`${process.env._HANDLER} is undefined or not exported`), { name: 'Runtime.HandlerNotFound' });
    }
    const result = await handler(event, { ...context, getRemainingTimeInMillis: () => deadline - Date.now() });
    process.send!({ result: JSON.stringify(result === undefined ? null : result) });
  } catch (error) {
    process.send!({ error: describe(error) });
  }
});
