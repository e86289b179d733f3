import { spawnSync } from 'child_process';
import { randomUUID } from 'crypto';
import * as fs from 'fs';
import * as os from 'os';
import * as path from 'path';
import { boot } from './boot';
import { Image } from './images';
import { layImage } from './lay-image';
import { layTools } from './lay-tools';
import { reservedBytes } from './reservation';
import { snapshot } from './snapshot';
import { KdumpProgramSettings, renderKdumpProgram } from '../../../src/kdump/kdump-program';

export interface Outcome {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly status: any;
}

export interface MachineOptions {
  readonly memory?: number;
  readonly arch?: string;
  readonly sh?: string[];
}

const armedMachines = new Map<Image, Machine>();
const machines = new Set<Machine>();
// A benchmark, which is no test, disposes of its machines itself.
if (typeof jest !== 'undefined') {
  // A machine with other work takes several times as long.
  jest.setTimeout(60_000);
  // Nothing is left behind, whatever a test ends with.
  afterEach(() => machines.forEach(each => [...armedMachines.values()].includes(each) || each.dispose()));
  afterAll(() => machines.forEach(each => each.dispose()));
}

/** A template for others outlives the test that made it; who keeps it disposes of it. */
export function keep(machine: Machine): Machine {
  machines.delete(machine);
  return machine;
}

/** A machine on which the program ran with `256M` and that was rebooted: the next run finds it armed. */
export function armedMachine(image: Image): Machine {
  let template = armedMachines.get(image);
  if (!template) {
    template = new Machine(image);
    armedMachines.set(image, template);
    template.run();
    template.reboot();
  }
  return new Machine(image, {}, template);
}

/** A machine made of namespaces: its own root directory with this system's tools, its own boot loader files and kernel settings. */
export class Machine {
  public readonly root = fs.mkdtempSync(path.join(os.tmpdir(), 'kdump-machine-'));
  public settings: KdumpProgramSettings = { crashKernel: '256M', rebootPolicy: 'never', dumpPath: '/var/crash', version: '1.2.3' };
  public memory: number;
  private readonly sh: string[];

  constructor(private readonly image: Image, options: MachineOptions = {}, copyOf?: Machine) {
    machines.add(this);
    this.memory = options.memory ?? 2 ** 31;
    this.sh = options.sh ?? ['sh'];
    if (copyOf) {
      spawnSync('cp', ['-a', `${copyOf.root}/.`, this.root]);
      return;
    }
    layTools(this.root, image);
    layImage(this, image, options.arch ?? image.arch ?? 'x86_64');
    image.installed?.forEach(each => this.vendor(['sh', '/stand-in/install-package', each]));
    image.disabled?.forEach(each => this.vendor(['systemctl', 'disable', each]));
    this.reboot();
  }

  public dispose(): void {
    machines.delete(this);
    fs.rmSync(this.root, { recursive: true, force: true });
  }

  public read(file: string): string {
    return fs.readFileSync(path.join(this.root, file), 'utf8');
  }

  /** The permissions, in octal. */
  public mode(file: string): string {
    return fs.statSync(path.join(this.root, file)).mode.toString(8).slice(-3);
  }

  public exists(file: string): boolean {
    return fs.existsSync(path.join(this.root, file));
  }

  public write(file: string, content: string, mode = 0o644): void {
    const full = path.join(this.root, file);
    fs.mkdirSync(path.dirname(full), { recursive: true });
    fs.writeFileSync(full, content);
    fs.chmodSync(full, mode);
  }

  public remove(file: string): void {
    fs.rmSync(path.join(this.root, file), { recursive: true, force: true });
  }

  public kernelSetting(name: string, value?: string): string {
    if (value !== undefined) {
      this.write(`/kernel/sys/kernel/${name}`, `${value}\n`);
    }
    return this.read(`/kernel/sys/kernel/${name}`).trim();
  }

  /** Runs the program as the agent does; `holding` is a file on which another process holds a lock meanwhile. */
  public run(settings: Partial<KdumpProgramSettings> = {}, holding?: string): Outcome {
    this.settings = { ...this.settings, ...settings };
    this.write('/program', renderKdumpProgram(this.settings));
    const hold = `perl /stand-in/lock-tool.pl hold ${holding} /stand-in/ready & until [ -e /stand-in/ready ]; do :; done; `;
    const result = this.enter(['sh', '-c', `${holding ? hold : ''}"$@"; exit $?`, 'agent', ...this.sh, '/program']);
    this.remove('/stand-in/ready');
    const last = result.stdout.trimEnd().split('\n').pop() ?? '';
    return { exitCode: result.status, stdout: result.stdout, stderr: result.stderr, status: last.startsWith('{') ? JSON.parse(last) : undefined };
  }

  /** What a reboot does: the entry that GRUB takes, memory reserved by it, settings applied, enabled services started. */
  public reboot(): void {
    const { kernel, commandLine } = boot(this.root, this.image);
    const reserved = reservedBytes(commandLine, this.memory, kernel);
    this.write('/kernel/cmdline', `${commandLine}\n`);
    this.kernelSetting('osrelease', kernel);
    this.write('/sys/kernel/kexec_crash_size', `${reserved}\n`);
    this.write('/kernel/meminfo', `MemTotal:       ${(this.memory - reserved) / 1024} kB\nMemFree:          123456 kB\n`);
    this.write('/sys/kernel/kexec_crash_loaded', '0\n');
    this.kernelSetting('random/boot_id', randomUUID());
    this.kernelSetting('panic', '0');
    this.kernelSetting('kexec_load_disabled', '0');
    if (this.exists('/kernel/sys/kernel/unknown_nmi_panic')) {
      this.kernelSetting('unknown_nmi_panic', '0');
    }
    fs.rmSync(path.join(this.root, 'stand-in/systemd/active'), { recursive: true });
    fs.mkdirSync(path.join(this.root, 'stand-in/systemd/active'));
    this.applySysctl();
    this.startServices();
    this.letTimePass();
    this.forgetLog();
  }

  /** What the system's kernel package does with the boot loader when it is installed. */
  public installKernel(version: string): void {
    this.vendor(['sh', '/stand-in/install-kernel', version]);
  }

  /** What the update of the packages of kdump does, settings and boot loader included. */
  public upgradeKdump(): void {
    for (const each of Object.keys(this.image.packages).filter(name => this.exists(`/stand-in/installed/${name}`))) {
      this.vendor(['sh', '/stand-in/install-package', each]);
    }
    if (this.exists('/usr/bin/kdumpctl')) {
      this.enter(['kdumpctl', '_reset-crashkernel-after-update']); // refused before EL9
    }
  }

  /** The vendor's own command for making the boot loader's configuration anew, as an operator calls it. */
  public regenerateBootLoader(...options: string[]): void {
    this.vendor([this.image.mkconfig, '-o', this.image.grubConfiguration, ...options]);
  }

  /** Makes a command of the machine fail, or leaves it out. */
  public breakCommand(name: string, script?: string): () => void {
    const file = path.join(this.root, 'usr/bin', name);
    fs.renameSync(file, `${file}.intact`);
    if (script !== undefined) {
      this.write(`/usr/bin/${name}`, `#!/bin/sh\n${script}\n`, 0o755);
    }
    return () => fs.renameSync(`${file}.intact`, file);
  }

  /** Directories that are read-only or full from now on; none makes them as they should be. */
  public surround(...lines: (`read-only ${string}` | `full ${string} ${number} ${number}`)[]): void {
    this.write('/stand-in/surroundings', lines.map(each => `${each}\n`).join(''));
  }

  /** Every file with its mode, time and content. */
  public snapshot(): Record<string, string> {
    return snapshot(this.root);
  }

  /** What the machine's package manager and service manager were asked, and how long it was waited. */
  public log(): string[] {
    return this.exists('/stand-in/log') ? this.read('/stand-in/log').trimEnd().split('\n') : [];
  }

  public forgetLog(): void {
    this.remove('/stand-in/log');
  }

  public enter(command: string[]): { status: number | null; stdout: string; stderr: string } {
    const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
    const result = spawnSync('unshare',
      [...user, '--mount', '--pid', '--ipc', '--fork', '--kill-child', 'sh', path.join(__dirname, 'enter-sandbox.sh'), this.root, ...command],
      { encoding: 'utf8', timeout: 60_000, killSignal: 'SIGKILL' }); // unshare ignores SIGTERM
    if (result.error) {
      throw result.error;
    }
    if (/^(unshare|mount|chroot): /m.test(result.stderr)) {
      throw new Error(`The sandbox needs root, or user namespaces, and neither works here: ${result.stderr}`);
    }
    return result;
  }

  /** A day, for every file: what happens next is younger, whatever the granularity of the clock. */
  private letTimePass(): void {
    this.remove('/run/cdk-diagnostic-interrupt');
    const yesterday = new Date(Date.now() - 86_400_000);
    const age = (file: string) => {
      fs.lutimesSync(file, yesterday, yesterday);
      if (fs.lstatSync(file).isDirectory()) {
        fs.readdirSync(file).forEach(each => age(path.join(file, each)));
      }
    };
    // The programs as well: `-nt` of busybox compares whole seconds.
    ['etc', 'boot', 'var', 'usr'].forEach(each => age(path.join(this.root, each)));
  }

  private vendor(command: string[]): void {
    const result = this.enter(command);
    if (result.status !== 0) {
      throw new Error(`${command.join(' ')} failed: ${result.stdout}${result.stderr}`);
    }
  }

  private startServices(): void {
    if (this.image.init === 'sysv') {
      const links = path.join(this.root, 'etc/rc.d/rc3.d');
      const names = fs.existsSync(links) ? fs.readdirSync(links).filter(each => each.startsWith('S')).sort() : [];
      names.forEach(each => this.enter(['service', each.slice(3), 'start']));
      return;
    }
    for (const unit of fs.readdirSync(path.join(this.root, 'stand-in/systemd/enabled'))) {
      this.enter(['systemctl', 'start', unit]);
    }
  }

  /** systemd-sysctl reads the folder and no /etc/sysctl.conf without a link; rc.sysinit is not known to read the folder. */
  private applySysctl(): void {
    const folder = fs.readdirSync(path.join(this.root, 'etc/sysctl.d')).filter(each => each.endsWith('.conf')).sort().map(each => `/etc/sysctl.d/${each}`);
    const files = this.image.init === 'sysv' ? ['/etc/sysctl.conf'] : folder;
    // What this machine has no file for is passed over.
    this.enter(['sysctl', '--quiet', '--ignore', '--load', ...files.filter(each => this.exists(each))]);
  }
}
