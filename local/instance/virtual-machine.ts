import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { ArpProbe, INSTANCE_MAC } from './arp-probe';
import { requireTools, runTool } from './host-tools';
import { Platform } from './platform';
import { QmpClient } from './qmp';

/** The card to the local AWS endpoint; the guest's network configuration knows both cards by these addresses. */
export const ENDPOINT_CARD_MAC = '02:00:0a:00:02:0f';

/** The address under which the guest sees this machine's loopback interface. */
export const HOST_SEEN_FROM_GUEST = '10.0.2.2';

const DISK = 'disk';
const CONSOLE_POLL_MS = 100;
const SAME_RESET_MS = 1000;

export interface VirtualMachineProps {
  /** What the disk is at first, such as `DiskImage.provide()`; it is not written to. */
  readonly image: string;

  /** What the image was built for. */
  readonly platform: Platform;

  /** Folder for the overlay, the console log and QEMU's messages. It is created; the logs are left in it. */
  readonly workDirectory: string;

  /** Under this id the guest's agent asks the endpoint for commands. */
  readonly instanceId: string;

  /** Port of the endpoint on this machine's loopback interface. */
  readonly endpointPort: number;

  /** @default 1024 */
  readonly memoryMiB?: number;

  /** @default 2 */
  readonly cpus?: number;
}

/**
 * The machine that plays the EC2 instance: QEMU with software emulation, from power-on to power-off.
 *
 * It talks to QEMU over socket pairs that the child process inherits, so there is no socket file to collide with or to leave
 * behind, and the kernel kills QEMU when this process ends in whatever way.
 */
export class VirtualMachine {
  /** Everything that the serial console ever showed, across reboots. */
  public readonly consoleLogPath: string;

  private readonly overlay: string;
  private qemu?: ChildProcess;
  private qmp?: QmpClient;
  private probe?: ArpProbe;
  private readonly resetListeners: Array<() => void> = [];
  private lastReset = 0;
  private readonly snapshots = new Set<string>();

  constructor(private readonly props: VirtualMachineProps) {
    this.consoleLogPath = join(props.workDirectory, 'console.log');
    this.overlay = join(props.workDirectory, 'overlay.qcow2');
  }

  /** Powers the machine on with a fresh disk. Returns when QEMU runs, long before the guest has booted. */
  public async start(): Promise<void> {
    if (this.isRunning()) {
      throw new Error('The machine runs already; stop() it first.');
    }
    requireTools(this.props.platform);
    mkdirSync(this.props.workDirectory, { recursive: true });
    this.snapshots.clear();
    await runTool('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', this.props.image, '-F', 'qcow2', this.overlay]);
    const messages = openSync(join(this.props.workDirectory, 'qemu.log'), 'a');
    this.qemu = spawn('setpriv', ['--pdeathsig', 'KILL', '--', this.props.platform.qemu, ...this.qemuArguments()],
      { stdio: ['ignore', messages, messages, 'pipe', 'pipe'] });
    closeSync(messages);
    this.qmp = new QmpClient(this.qemu.stdio[3] as Duplex);
    this.qmp.on('RESET', () => this.wasReset());
    this.probe = new ArpProbe(this.qemu.stdio[4] as Duplex);
    try {
      await Promise.race([
        this.qmp.negotiate(),
        once(this.qemu, 'error').then(([error]) => Promise.reject(error)),
      ]);
    } catch (error) {
      await this.stop();
      throw new Error(`QEMU did not start: ${(error as Error).message}\n${this.qemuMessages()}`);
    }
  }

  /** Powers the machine off, at once, and removes its disk. The logs stay. Nothing happens when it is off. */
  public async stop(): Promise<void> {
    if (this.qemu && this.isRunning()) {
      const exited = once(this.qemu, 'exit');
      this.qemu.kill('SIGKILL');
      await exited;
    }
    rmSync(this.overlay, { force: true });
  }

  public isRunning(): boolean {
    return this.qemu?.pid !== undefined && this.qemu.exitCode === null && this.qemu.signalCode === null;
  }

  /** What EC2 does for SendDiagnosticInterrupt: a non-maskable interrupt to the machine. */
  public async injectNmi(): Promise<void> {
    await this.running().execute('inject-nmi');
  }

  /** The reset button. */
  public async reset(): Promise<void> {
    await this.running().execute('system_reset');
  }

  /** Whether the machine's network card answers an ARP request: EC2's instance status check. */
  public answersArp(timeoutMs?: number): Promise<boolean> {
    return this.isRunning() ? this.probe!.answersArp(timeoutMs) : Promise.resolve(false);
  }

  /** Calls the listener at every reset of the machine, by the guest or by reset(). A start by kexec is none. */
  public onReset(listener: () => void): void {
    this.resetListeners.push(listener);
  }

  public consoleLog(): string {
    return existsSync(this.consoleLogPath) ? readFileSync(this.consoleLogPath, 'latin1') : '';
  }

  /**
   * Waits until the console has shown what the pattern matches, looking from an offset on (default: from the beginning).
   * Returns the offset after the match, to look from next.
   */
  public async waitForConsole(pattern: RegExp, timeoutMs: number, from = 0): Promise<number> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const text = this.consoleLog().slice(from);
      const match = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')).exec(text);
      if (match) {
        return from + match.index + match[0].length;
      }
      if (!this.isRunning() || Date.now() > deadline) {
        throw new Error(`${this.isRunning() ? `After ${timeoutMs / 1000} s the` : 'The machine is off, and its'} console has not shown ${pattern}. `
          + `It ends with:\n${text.slice(-2000)}\n${this.qemuMessages()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, CONSOLE_POLL_MS));
    }
  }

  /** Keeps memory, devices and disk under a name, in the overlay; the machine goes on. */
  public async saveSnapshot(name: string): Promise<void> {
    await this.running().runJob('snapshot-save', `save-${name}`, { tag: name, vmstate: DISK, devices: [DISK] });
    this.snapshots.add(name);
  }

  /** Puts the running machine back to a snapshot of its own. */
  public async loadSnapshot(name: string): Promise<void> {
    // QEMU would leave the machine paused.
    if (!this.snapshots.has(name)) {
      throw new Error(`The machine has no snapshot ${name}; saved are: ${[...this.snapshots].join(', ') || 'none'}.`);
    }
    await this.running().runJob('snapshot-load', `load-${name}`, { tag: name, vmstate: DISK, devices: [DISK] });
  }

  /** Does something with the file of the disk while the machine stands still and all that it has written is in there; then it goes on. */
  public async whileStill(work: (disk: string) => Promise<void>): Promise<void> {
    await this.running().execute('stop');
    try {
      await work(this.overlay);
    } finally {
      if (this.isRunning()) await this.running().execute('cont');
    }
  }

  /** A kernel tries several ways to reset the machine within a moment, and QEMU reports each. */
  private wasReset(): void {
    if (Date.now() - this.lastReset > SAME_RESET_MS) {
      this.resetListeners.forEach((listener) => listener());
    }
    this.lastReset = Date.now();
  }

  private running(): QmpClient {
    if (!this.qmp || !this.isRunning()) {
      throw new Error('The machine is off; start() it first.');
    }
    return this.qmp;
  }

  private qemuMessages(): string {
    const path = join(this.props.workDirectory, 'qemu.log');
    return existsSync(path) ? readFileSync(path, 'utf8').slice(-2000) : '';
  }

  private qemuArguments(): string[] {
    const { platform, instanceId, endpointPort, memoryMiB = 1024, cpus = 2 } = this.props;
    return [
      '-nodefaults', '-no-user-config', '-display', 'none',
      // Software emulation always: /dev/kvm may exist and still not work.
      ...platform.board, ...platform.firmware, '-accel', 'tcg,thread=multi', '-smp', String(cpus), '-m', String(memoryMiB),
      '-chardev', 'socket,id=qmp,fd=3', '-mon', 'chardev=qmp,mode=control',
      '-chardev', `file,id=console,append=on,path=${escapeCommas(this.consoleLogPath)}`, '-serial', 'chardev:console',
      // A guest's crash or reset loses nothing of what it wrote: the cache is this machine's.
      '-blockdev', `driver=qcow2,node-name=${DISK},cache.no-flush=on,file.driver=file,file.filename=${escapeCommas(this.overlay)}`,
      '-device', `virtio-blk-pci,drive=${DISK},bootindex=0`,
      '-netdev', 'stream,id=vpc,addr.type=fd,addr.str=4', '-device', `virtio-net-pci,netdev=vpc,mac=${INSTANCE_MAC},romfile=`,
      // The guest has no route but to this network, and finds nothing on it but this machine's loopback interface.
      '-netdev', 'user,id=endpoint,ipv6=off', '-device', `virtio-net-pci,netdev=endpoint,mac=${ENDPOINT_CARD_MAC},romfile=`,
      '-fw_cfg', `name=opt/cdi/endpoint,string=${HOST_SEEN_FROM_GUEST}:${endpointPort}`,
      '-fw_cfg', `name=opt/cdi/instance-id,string=${instanceId}`,
    ];
  }
}

/** In QEMU's options a comma in a value is doubled. */
function escapeCommas(value: string): string {
  return value.replaceAll(',', ',,');
}
