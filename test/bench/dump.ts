import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atMost, Measurement, Row } from './row';
import { median } from './statistics';
import { inTurns } from './turns';
import { DiskImage } from '../../local/instance/disk-image';
import { RELEASES } from '../../local/instance/release';
import { LocalStand } from '../../local/stand';
import { crash } from '../../local/trouble';
import { renderKdumpProgram } from '../../src/kdump/kdump-program';

const ROUNDS = 3;
const MINUTES = 60_000;
const SETTINGS = '/etc/default/kdump-tools';
/** Its makedumpfile has zstd; on the other Debians the distribution's arguments stay. */
const RELEASE = RELEASES.find(({ name }) => name === 'debian-13')!;
const FILLER = join(__dirname, 'fill-memory.py');
/** What is compared has the one in the middle. */
const FILLED_MIB = [64, 256, 768];
const FILES = 60_000;

interface Dump {
  /** From the panic until the agent asks for work again. */
  readonly returnMs: number;
  /** makedumpfile alone, by the capture kernel's clock. */
  readonly writingMs: number;
  readonly bytes: number;
}

/** A machine that is armed by the program, and crashed with the same in its memory. */
class Bench {
  public static async arm(say: (progress: string) => void): Promise<Bench> {
    const directory = mkdtempSync(join(tmpdir(), 'dump-'));
    const stand = await LocalStand.powerOn(directory, RELEASE, await new DiskImage(RELEASE).provide());
    const bench = new Bench(stand, directory);
    await stand.agentOnline(15 * MINUTES);
    say('the machine has booted');
    const program = renderKdumpProgram({ crashKernel: '256M', rebootPolicy: 'never', dumpPath: '/var/crash', version: 'bench' });
    const run = `echo ${Buffer.from(program).toString('base64')} | base64 -d > /root/program; sh /root/program`;
    await stand.runScript(`${run}; [ $? = 20 ]`);
    await bench.cameBack(() => stand.runScript('systemd-run --on-active=1 systemctl reboot'));
    await stand.runScript(run);
    say('kdump is armed');
    const filler = readFileSync(FILLER).toString('base64');
    await stand.runScript(`echo ${filler} | base64 -d > /root/fill-memory.py`);
    return bench;
  }

  private constructor(private readonly stand: LocalStand, private readonly directory: string) {}

  /** The arguments as the program has set them. */
  public async ours(): Promise<string> {
    return (await this.stand.runScript(`sed -n 's/^MAKEDUMP_ARGS="\\(.*\\)"$/\\1/p' ${SETTINGS}`)).trim();
  }

  public async dump(makedumpArgs: string, filledMib: number): Promise<Dump> {
    const { stand } = this;
    // The filler holds two open files for each MiB; systemd lets a service have 1024.
    await stand.runScript('set -e',
      `sed -i '/^MAKEDUMP_ARGS=/d' ${SETTINGS}; echo 'MAKEDUMP_ARGS="${makedumpArgs}"' >> ${SETTINGS}; rm -rf /var/crash/2*; sync`,
      `systemd-run --quiet --unit=fill-memory -p LimitNOFILE=8192 python3 /root/fill-memory.py ${filledMib} ${FILES}`,
      'for second in $(seq 280); do [ ! -e /run/filled ] || break; sleep 1; done',
      '[ -e /run/filled ] || { journalctl --no-pager --lines=20 --unit=fill-memory >&2; exit 1; }',
      'sync; echo 3 > /proc/sys/vm/drop_caches');
    const seen = stand.vm.consoleLog().length;
    let panicked = 0;
    await this.cameBack(async () => {
      await crash(stand);
      await stand.vm.waitForConsole(/sysrq triggered crash/, MINUTES, seen);
      panicked = Date.now();
    });
    const returnMs = Date.now() - panicked;
    const shown = stand.vm.consoleLog().slice(seen);
    const at = (line: RegExp) => {
      const found = line.exec(shown);
      if (!found) throw new Error(`The console has not shown ${line}.`);
      return 1000 * Number(found[1]);
    };
    const writingMs = at(/\[ *([\d.]+)\] kdump-tools\[\d+\]: .*saved vmcore in/) - at(/\[ *([\d.]+)\] kdump-tools\[\d+\]: running makedumpfile -[^-]/);
    return { returnMs, writingMs, bytes: Number(await stand.runScript('stat -c %s /var/crash/*/dump.*')) };
  }

  public async close(): Promise<void> {
    await this.stand.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async cameBack(leave: () => Promise<unknown>): Promise<void> {
    const { resets } = this.stand;
    await leave();
    await this.stand.waitFor('the machine to boot anew', () => this.stand.resets > resets, 15 * MINUTES);
    await this.stand.agentOnline(15 * MINUTES, new Date());
  }
}

async function measure(say: (progress: string) => void): Promise<Measurement> {
  const bench = await Bench.arm(say);
  const rounds: { ours: Dump; theirs: Dump }[] = [];
  try {
    const args = await bench.ours();
    const [small, middle, large] = FILLED_MIB;
    const told = ({ returnMs, writingMs, bytes }: Dump) => `${(returnMs / 1000).toFixed(1)} s, writing ${(writingMs / 1000).toFixed(1)} s, ${(bytes / 2 ** 20).toFixed(1)} MiB`;
    for (let round = 0; round < ROUNDS; round++) {
      const { ours, theirs } = await inTurns(round, { theirs: () => bench.dump('-c -d 31', middle), ours: () => bench.dump(args, middle) });
      rounds.push({ ours, theirs });
      say(`${args}: ${told(ours)}; -c -d 31: ${told(theirs)}`);
    }
    const others = [await bench.dump(args, small), await bench.dump(args, large)];
    others.forEach((other, index) => say(`${[small, large][index]} MiB: ${told(other)}`));
    const growth = (what: string, unit: string, of: keyof Dump) => ({
      what, of: 'MiB kept', unit, sizes: FILLED_MIB, values: [others[0][of], median(rounds.map(({ ours }) => ours[of])), others[1][of]],
    });
    const pairs = (of: keyof Dump) => rounds.map(({ ours, theirs }): [number, number] => [ours[of], theirs[of]]);
    return {
      against: { writing: { unit: 'ms', pairs: pairs('writingMs') }, size: { unit: 'bytes', pairs: pairs('bytes') }, all: { unit: 'ms', pairs: pairs('returnMs') } },
      growth: [growth('the writing', 'ms', 'writingMs'), growth('the size of the dump', 'bytes', 'bytes')],
      notes: [
        `makedumpfile ${args} against makedumpfile -c -d 31, in a capture kernel with one CPU. The machine has 2 GiB of memory, of which a dump at level 31 keeps some`
          + ` ${middle} MiB of programs and random data in pipes, ${FILES} inodes, and what the kernel has besides.`,
        'From the panic to the return there are two boots, which take longer in an emulated machine than the dump.',
      ],
    };
  } finally {
    await bench.close();
  }
}

export const dump: Row = {
  name: 'dump',
  what: 'A crash of an emulated Debian 13 that the program has armed with its defaults, with the same in memory each time.',
  baselines: {
    writing: { what: 'makedumpfile with the distribution\'s arguments: the writing alone', goal: atMost(0.8) },
    size: { what: 'the same: the size of the dump', goal: atMost(1.1) },
    all: { what: 'the same: from the panic to the return' },
  },
  measure,
};
