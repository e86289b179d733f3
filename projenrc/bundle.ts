import { rm } from 'node:fs/promises';
import { build } from 'esbuild';
import { BUNDLING } from './bundling';

// Bundles the handlers with all that they need, the SDK included: what was tested is what runs. What they share lies in chunks
// beside them, so that it is published once; a function loads no more than its own handler needs.

const BUNDLES = 'assets/handlers';

async function main(): Promise<void> {
  await rm(BUNDLES, { recursive: true, force: true });
  await build({
    ...BUNDLING,
    entryPoints: {
      'fleet-watch': 'src/detection/fleet-watch.lambda.ts',
      'interrupt': 'src/interrupt/interrupt.lambda.ts',
      'response': 'src/response/response.lambda.ts',
    },
    outdir: BUNDLES,
  });
}

void main();
