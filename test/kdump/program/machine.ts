import { spawnSync } from 'child_process';
import { createHash, randomUUID } from 'crypto';
import * as fs from 'fs';
import * as os from 'os';
import * as path from 'path';
import { Image } from './images';
import { layPackages, layTools } from './lay-tools';
import { reservedBytes } from './reservation';
import { KdumpProgramSettings, renderKdumpProgram } from '../../../src/kdump/kdump-program';

// What a converged run may not touch.
const OBSERVED = ['etc', 'boot', 'var', 'run'];

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

// A machine with other work takes several times as long.
jest.setTimeout(60_000);

const builtGrubConfigurations = new Map<string, string>();
const armedMachines = new Map<Image, Machine>();
// Nothing is left behind, whatever a test ends with.
const machines = new Set<Machine>();
afterEach(() => machines.forEach(each => [...armedMachines.values()].includes(each) || each.dispose()));
afterAll(() => machines.forEach(each => each.dispose()));

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
    this.layKernel(options.arch ?? image.arch ?? 'x86_64');
    this.layImage();
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

  /** What a reboot does: the command line of GRUB's first entry, memory reserved by it, settings applied, enabled services started. */
  public reboot(): void {
    const linux = /^\s*linux(?:16|efi)?\s+(.*)$/m.exec(this.read(this.image.grubConfiguration));
    if (!linux) {
      throw new Error(`${this.image.grubConfiguration} boots no kernel.`);
    }
    this.write('/kernel/cmdline', `BOOT_IMAGE=${linux[1]}\n`);
    this.write('/sys/kernel/kexec_crash_size', `${reservedBytes(linux[1], this.memory)}\n`);
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
    for (const unit of fs.readdirSync(path.join(this.root, 'stand-in/systemd/enabled'))) {
      this.enter(['systemctl', 'start', unit]);
    }
    this.forgetLog();
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

  /** Every file with its mode, time and content. */
  public snapshot(): Record<string, string> {
    const found: Record<string, string> = {};
    for (const top of OBSERVED) {
      this.collect(top, found);
    }
    return found;
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

  private applySysctl(): void {
    const directory = path.join(this.root, 'etc/sysctl.d');
    for (const name of fs.readdirSync(directory).filter(each => each.endsWith('.conf')).sort()) {
      for (const line of fs.readFileSync(path.join(directory, name), 'utf8').split('\n')) {
        const assignment = /^\s*kernel[./](\w+)\s*=\s*(\S+)/.exec(line);
        if (assignment) {
          this.kernelSetting(assignment[1], assignment[2]);
        }
      }
    }
  }

  private collect(relative: string, found: Record<string, string>): void {
    const full = path.join(this.root, relative);
    const stat = fs.lstatSync(full, { bigint: true });
    const kind = stat.isDirectory() ? 'directory'
      : stat.isSymbolicLink() ? fs.readlinkSync(full) : createHash('sha256').update(fs.readFileSync(full)).digest('hex');
    found[relative] = `${stat.mode.toString(8)} ${stat.mtimeNs} ${kind}`;
    if (stat.isDirectory()) {
      fs.readdirSync(full).forEach(each => this.collect(path.join(relative, each), found));
    }
  }

  private layKernel(arch: string): void {
    this.write('/kernel/cmdline', `BOOT_IMAGE=/boot/vmlinuz-${this.image.kernel} root=/dev/nvme0n1p1 ro\n`);
    this.kernelSetting('osrelease', this.image.kernel);
    this.kernelSetting('panic', '0');
    this.kernelSetting('kexec_load_disabled', '0');
    this.kernelSetting('random/boot_id', randomUUID());
    if (arch === 'x86_64') {
      this.kernelSetting('unknown_nmi_panic', '0');
    }
    this.write('/stand-in/arch', `${arch}\n`);
    this.write('/stand-in/filesystem', `${this.image.filesystem}\n`);
    this.write('/sys/kernel/kexec_crash_size', '0\n');
    this.write('/sys/kernel/kexec_crash_loaded', '0\n');
  }

  private layImage(): void {
    this.write('/etc/os-release', this.image.osRelease);
    for (const [file, content] of Object.entries(this.image.files)) {
      this.write(file, content);
    }
    layPackages(this.root, this.image);
    for (const script of ['00_header', '10_linux', '40_custom']) {
      fs.cpSync(path.join('/etc/grub.d', script), path.join(this.root, 'etc/grub.d', script), { recursive: true });
    }
    ['vmlinuz-', 'initrd.img-', 'config-'].forEach(each => this.write(`/boot/${each}${this.image.kernel}`, 'CONFIG_RELOCATABLE=y\n'));
    ['/var/lib/dpkg/status', '/var/lib/dpkg/lock', '/var/lib/dpkg/lock-frontend', '/var/lib/apt/lists/lock', '/var/cache/apt/archives/lock',
      '/var/lib/rpm/.rpm.lock'].forEach(each => this.write(each, ''));
    fs.mkdirSync(path.join(this.root, 'var/lib/dpkg/updates'), { recursive: true });
    fs.symlinkSync('../run', path.join(this.root, 'var/run'));
    fs.mkdirSync(path.join(this.root, 'etc/sysctl.d'), { recursive: true });
    for (const [file, target] of Object.entries(this.image.links)) {
      fs.symlinkSync(target, path.join(this.root, file));
    }
    // As the image was built: by a kernel without crashkernel=. Made once, because grub-mkconfig takes a quarter of a second.
    this.write(this.image.grubConfiguration, builtGrubConfigurations.get(this.image.mkconfig + this.image.kernel) ?? '', 0o600);
    if (this.read(this.image.grubConfiguration) === '') {
      this.enter(['sh', '-c', `${this.image.mkconfig} > ${this.image.grubConfiguration}`]);
      builtGrubConfigurations.set(this.image.mkconfig + this.image.kernel, this.read(this.image.grubConfiguration));
    }
    this.image.installed?.forEach(each => this.enter(['sh', '/stand-in/install-package', each]));
    this.reboot();
  }
}
