import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Clock } from '../../local/aws/clock';
import { MemoryMachine } from '../local/aws/memory-machine';

export const BOOT = '[    0.000000] Linux version 6.1.0-47-cloud-amd64 (debian-kernel@lists.debian.org)\n'
  + '[    0.000000] Kernel command line: BOOT_IMAGE=/boot/vmlinuz root=/dev/nvme0n1p1 ro console=tty0 console=ttyS0,115200 crashkernel=256M\n';
const CAPTURE = '[    0.000000] Kernel command line: root=/dev/nvme0n1p1 ro console=tty0 console=ttyS0,115200 reset_devices elfcorehdr=0x2f000000\n';

/** As kdump-tools saves it. */
export const KERNEL_LOG = [
  '[    0.000000] Linux version 6.1.0-47-cloud-amd64 (debian-kernel@lists.debian.org)',
  '[  812.100000] nvme nvme0: I/O 12 QID 3 timeout, aborting',
  '[  843.200000] INFO: task postgres:812 blocked for more than 120 seconds.',
  '[  960.000000] Uhhuh. NMI received for unknown reason 20 on CPU 0.',
  '[  960.000100] Kernel panic - not syncing: NMI: Not continuing',
  '[  960.000200] CPU: 0 PID: 0 Comm: swapper/0 Not tainted 6.1.0-47-cloud-amd64 #1',
  '[  960.000300] Call Trace:',
  '[  960.000400]  <NMI>',
  '[  960.000500]  dump_stack_lvl+0x44/0x5c',
  '[  960.000600]  panic+0x118/0x2ed',
  '[  960.000700]  nmi_panic.cold+0xc/0xc',
  '[  960.000800]  </NMI>',
  '',
].join('\n');

export interface DumpingOptions {
  /** The folder that plays /var/crash. */
  readonly crash: string;
  readonly vmcore: Buffer;
  /** How many interrupts go unnoticed. @default 0 */
  readonly swallowed?: number;
  /** How long it takes no notice of an interrupt that it answers in the end. @default 0 */
  readonly late?: number;
  /** Whether it never comes back. @default false */
  readonly stuck?: boolean;
  /** How long the capture kernel takes. @default 2 */
  readonly dumpMinutes?: number;
}

/** A machine in memory that hangs, dumps when it is interrupted, and comes back. */
export class DumpingMachine extends MemoryMachine {
  console = BOOT;
  /** Whether its agent runs. */
  online = true;
  private swallowed: number;

  constructor(private readonly clock: Clock, private readonly options: DumpingOptions, instanceId?: string, tags?: Record<string, string>) {
    super(instanceId, 't3.micro', tags);
    this.swallowed = options.swallowed ?? 0;
  }

  hang(): void {
    this.answers = false;
    this.online = false;
  }

  recover(): void {
    this.answers = true;
    this.online = true;
  }

  async injectNmi(): Promise<void> {
    await super.injectNmi();
    if (this.swallowed-- > 0) return;
    if (this.options.late) {
      // EC2 calls it healthy again before its console shows anything.
      this.clock.after(this.options.late - 2, () => { this.answers = true; });
      this.clock.after(this.options.late, () => this.panic());
    } else {
      this.panic();
    }
  }

  private panic(): void {
    this.console += CAPTURE;
    this.hang();
    if (this.options.stuck) return;
    this.clock.after(this.options.dumpMinutes ?? 2, () => {
      if (this.current !== 'running') return; // it was terminated while it dumped
      this.save();
      this.recover();
    });
  }

  private save(): void {
    const stamp = '202601020306';
    const directory = join(this.options.crash, stamp);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `dmesg.${stamp}`), KERNEL_LOG);
    writeFileSync(join(directory, `dump.${stamp}`), this.options.vmcore);
  }
}
