import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const INTERRUPTED = 130;
// Its standard input ends with the one who started it. What that one has started may write for some seconds more.
const REMOVE = 'cat > /dev/null; for try in 1 2 3 4 5 6 7 8 9 10; do rm -rf "$1" && exit; sleep 1; done';

/**
 * From here on everything that this process and its children have for a while lies in one folder. It goes when the process ends, however
 * that comes: a process of its own removes it, since tsx kills one that is interrupted while it waits for a child. The emulators and the
 * virtual machines end with this process as well.
 */
export function useWorkFolder(): void {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  chmodSync(folder, 0o755); // mmdebstrap works as another user in a folder of its own in there
  process.env.TMPDIR = folder;
  const remover = spawn('/bin/sh', ['-c', REMOVE, 'sh', folder], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  remover.unref();
  (remover.stdin as Socket).unref();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(INTERRUPTED));
  process.stdout.on('error', () => {}); // the terminal may be gone
}
