import { readPanic } from '../src/response/panic-record';
import { DemoReport } from './report';
import { LocalStand } from './stand';

/** A dump that makedumpfile wrote compressed starts with this (`KDUMP_SIGNATURE` in makedumpfile's diskdump_mod.h). */
const SIGNATURE = 'KDUMP   ';
/** Run Command keeps 24,000 characters of the output; the panic stands at the end of the log. */
const LOG_BYTES = 16_000;

/** Reads the newest dump where it lies, on the instance: its path and size, and the panic out of the kernel log that it holds. */
export async function readDump(stand: LocalStand): Promise<Pick<DemoReport, 'dump' | 'panic' | 'backtrace'>> {
  const output = await stand.runScript(
    'set -e',
    'dump=$(ls -1td /var/crash/*/dump.* | head -n 1)',
    'stat -c "%s %n" "$dump"',
    `head -c ${SIGNATURE.length} "$dump"; echo`,
    // The log out of the dump itself; what the capture kernel saved beside it would do as well.
    'log=$(mktemp -u)',
    'makedumpfile --dump-dmesg "$dump" "$log" > /dev/null',
    `tail -c ${LOG_BYTES} "$log"`,
    'rm "$log"',
  );
  const [first, signature, ...log] = output.split('\n');
  const [bytes, path] = [Number(first.slice(0, first.indexOf(' '))), first.slice(first.indexOf(' ') + 1)];
  if (signature !== SIGNATURE || !(bytes > 0)) {
    throw new Error(`${path} has ${bytes} bytes and starts with ${JSON.stringify(signature)}; a dump starts with ${JSON.stringify(SIGNATURE)}.`);
  }
  const record = readPanic(log.join('\n'));
  if (!record) {
    throw new Error(`The kernel log in ${path} records no panic; it ends with:\n${log.slice(-20).join('\n')}`);
  }
  return { dump: { path, bytes }, ...record };
}
