/** Has a handler loaded and calls it with each event that comes, however many are at work: node handler-process.mts FILE */
import { pathToFileURL } from 'node:url';

const { handler } = await import(pathToFileURL(process.argv[2]).href);

process.on('message', async ({ number, event }: { number: number; event: unknown }) => {
  try {
    process.send!({ number, outcome: await handler(event, { getRemainingTimeInMillis: () => 30_000 }) });
  } catch (error) {
    process.send!({ number, error: (error as Error).name });
  }
});
process.send!({ number: 0 });
