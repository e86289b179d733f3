import { parseArgs } from 'node:util';
import { cacheFolder } from './cache';
import { DEBIAN_12, Release, RELEASES } from './instance/release';
import { ARMED_MIB, IMAGE_MIB, MEMORY_MIB, PYTHON_MIB, WORK_MIB } from './needs';

export const HELP = `Usage: npm run demo -- [options]

Synthesises examples/single-instance with a dry run beside it, prepares a virtual machine with the
synthesised document, hangs it, lets the synthesised function decide and interrupt it, and shows the panic
and the dump.

  --resume        go on from a machine that an earlier run armed, by the same document and on the same
                  image. The association runs on it again and must find it armed. Where there is none,
                  this run says so and arms one
  --work FOLDER   where the cloud assembly, the logs and the report go, and stay (default: a temporary
                  folder, kept only after a failure)
  --report FILE   write the outcome as JSON: ok, steps[{name, seconds}], timeline, verdict, panic,
                  backtrace, dump{path, bytes}
  --system NAME   what the machine is: ${RELEASES.map(each => each.name).join(', ')}
                  (default: ${DEBIAN_12.name})
  --controls      make the control runs as well: a hang before kdump is armed, and an alarm about a
                  healthy machine
  --livelock      another trouble: user space alone is stuck, the kernel answers ARP, and the heartbeat
                  of the machine stops
  --group         the instance is in an Auto Scaling group, which wants to replace it while it dumps
  --prepare       install and build what the demo needs first; npm run demo does
  --help          this text

It needs
  a computer      with Linux on x86_64, and Node.js 20 or later; no KVM, no AWS account
  packages        QEMU, mmdebstrap, Python and a few more of Debian or Ubuntu. Those that are missing are
                  installed where it runs as root or may use sudo without a password; otherwise it names
                  the line to type
  memory          ${MEMORY_MIB} MiB, available
  disk space      ${WORK_MIB} MiB for temporary files, and ${IMAGE_MIB + PYTHON_MIB + ARMED_MIB} MiB for the cache
  network         the first time: npm's, Debian's and PyPI's packages
  time            on two idle cores four minutes, one more for the image, one less with --resume

The cache holds the image, the machine that was armed, and the emulators of DynamoDB, S3 and Step
Functions. XDG_CACHE_HOME says where it is. Whenever no demo and no test runs, it may be emptied:

  rm -r ${cacheFolder()}

Ctrl-C ends it at any time, and leaves nothing but the cache and the folder of --work. The exit code is 0
if and only if a dump was written and records the panic, and 130 after Ctrl-C.
`;

export interface DemoOptions {
  readonly resume: boolean;
  readonly report?: string;
  readonly work?: string;
  readonly release: Release;
  readonly controls: boolean;
  readonly livelock: boolean;
  readonly group: boolean;
  readonly prepare: boolean;
  readonly help: boolean;
}

/** @throws with what is wrong, where options are not known or do not go together */
export function readOptions(args: string[]): DemoOptions {
  const { values: { system, ...options } } = parseArgs({
    args,
    options: {
      resume: { type: 'boolean', default: false },
      report: { type: 'string' },
      work: { type: 'string' },
      system: { type: 'string', default: DEBIAN_12.name },
      controls: { type: 'boolean', default: false },
      livelock: { type: 'boolean', default: false },
      group: { type: 'boolean', default: false },
      prepare: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const release = RELEASES.find(each => each.name === system);
  if (!release) {
    throw new Error(`--system ${system} is not known; known are ${RELEASES.map(each => each.name).join(', ')}.`);
  }
  const { controls, livelock, group, resume } = options;
  if (livelock && !release.platform.takesInterrupts) {
    throw new Error(`--livelock is for machines that take interrupts, which ${release.name} does not.`);
  }
  if (group && (livelock || controls || !release.platform.takesInterrupts)) {
    throw new Error('--group goes without --controls and --livelock, and with a machine that takes interrupts.');
  }
  if (resume && controls) {
    throw new Error('--resume goes without --controls, one of which is about a machine that is not armed yet.');
  }
  return { ...options, release };
}
