import { DemoReport } from './report';
import { LocalStand } from './stand';
import { readPanic } from '../src/response/panic-record';

/**
 * What makedumpfile writes starts with `KDUMP_SIGNATURE` or, flattened, as into a pipe, with `MAKEDUMPFILE_SIGNATURE`. Without it all of
 * the memory is copied, as an ELF file.
 */
const SIGNATURES = ['KDUMP   ', 'makedumpfile', '\x7fELF'];
/** Run Command keeps 24,000 characters of the output; the panic stands at the end of the log. */
const LOG_BYTES = 16_000;

/** Reads the newest dump where it lies, on the instance: its path and size, and the panic out of the kernel log that it holds. */
export async function readDump(stand: LocalStand): Promise<Pick<DemoReport, 'dump' | 'panic' | 'backtrace'>> {
  const output = await stand.runScript(
    'set -e',
    'dump=$(ls -1td /var/crash/*/dump.* /var/crash/*/vmcore.* 2> /dev/null | head -n 1)',
    // makedumpfile would read an empty one for ever.
    '[ -s "$dump" ] || { echo "The dump ${dump:-is not there} is empty; the capture kernel says on the console why." >&2; exit 1; }',
    'stat -c "%s %n" "$dump"',
    'head -c 12 "$dump" | tr -d "\\0"; echo',
    // The log out of the dump itself, not the one that the capture kernel saved beside it. A flattened dump is put in order first.
    'work=$(mktemp -d)',
    'trap "rm -r $work" EXIT',
    'case $dump in',
    '  */vmcore.*) vmcore-dmesg "$dump" > "$work/log" ;;',
    '  *)',
    '    makedumpfile -R "$work/vmcore" < "$dump" > /dev/null || ln -s "$dump" "$work/vmcore"',
    '    makedumpfile --dump-dmesg "$work/vmcore" "$work/log" > /dev/null',
    '    ;;',
    'esac',
    `tail -c ${LOG_BYTES} "$work/log"`,
  );
  const [first, signature, ...log] = output.split('\n');
  const [bytes, path] = [Number(first.slice(0, first.indexOf(' '))), first.slice(first.indexOf(' ') + 1)];
  if (!SIGNATURES.some(each => signature.startsWith(each)) || !(bytes > 0)) {
    throw new Error(`${path} has ${bytes} bytes and starts with ${JSON.stringify(signature)}; a dump starts with one of ${JSON.stringify(SIGNATURES)}.`);
  }
  const record = readPanic(log.join('\n'));
  if (!record) {
    throw new Error(`The kernel log in ${path} records no panic; it ends with:\n${log.slice(-20).join('\n')}`);
  }
  return { dump: { path, bytes }, ...record };
}
