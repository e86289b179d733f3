import * as fs from 'fs';
import * as path from 'path';
import { Image } from './images';

// Real programs of this system that the instance has too. Whatever is not named here is missing on the machine.
const TOOLS = ['awk', 'bash', 'busybox', 'cat', 'chmod', 'cksum', 'cmp', 'cp', 'cut', 'dash', 'date', 'dirname', 'basename', 'dpkg-query', 'env',
  'expr', 'find', 'flock', 'fgrep', 'grep', 'egrep', 'grub-editenv', 'grub-file', 'grub-mkconfig', 'grub-mkrelpath', 'grub-script-check', 'head',
  'id', 'ln', 'ls', 'mkdir', 'mktemp', 'mv', 'od', 'perl', 'printf', 'readlink', 'rm', 'rmdir', 'sed', 'setsid', 'sort', 'sync', 'sysctl', 'tail', 'timeout',
  'touch', 'tr', 'wc', 'xargs'];
const STAND_INS = path.join(__dirname, 'stand-ins');
// Stand-ins that every machine has.
const COMMON = ['df', 'fsfreeze', 'sleep', 'stat', 'uname'];

/** Gives a machine the tools of this system, by links into /host, and stand-ins for what would act on this system. */
export function layTools(root: string, image: Image): void {
  for (const directory of ['host/usr', 'proc', 'dev', 'run', 'tmp', 'usr/bin', 'root', 'filled', 'sys/kernel', 'stand-in/systemd/enabled',
    'stand-in/systemd/active', 'stand-in/systemd/masked', 'stand-in/units']) {
    fs.mkdirSync(path.join(root, directory), { recursive: true });
  }
  fs.writeFileSync(path.join(root, 'dev/null'), '');
  fs.writeFileSync(path.join(root, 'stand-in/surroundings'), '');
  const link = (target: string, name: string) => fs.symlinkSync(target, path.join(root, name));
  ['lib64', 'share', 'libexec'].forEach(each => link(`/host/usr/${each}`, `usr/${each}`));
  // The machine's own, for what its packages bring along.
  fs.mkdirSync(path.join(root, 'usr/lib'));
  fs.readdirSync('/usr/lib').filter(each => each !== 'dracut').forEach(each => link(`/host/usr/lib/${each}`, `usr/lib/${each}`));
  ['lib', 'lib64'].forEach(each => link(`usr/${each}`, each));
  link('bin', 'usr/sbin');
  ['bin', 'sbin'].forEach(each => link('usr/bin', each));
  for (const tool of image.bootsBy === 'legacy' ? TOOLS.filter(each => !each.startsWith('grub-')) : TOOLS) {
    const found = ['/usr/bin', '/usr/sbin', '/bin', '/sbin'].map(each => path.join(each, tool)).find(each => fs.existsSync(each));
    if (!found) {
      throw new Error(`The tests of the kdump program need '${tool}'. On Debian: apt-get install busybox grub-common grub2-common diffutils perl-base procps.`);
    }
    link(`/host${fs.realpathSync(found)}`, `usr/bin/${tool}`);
  }
  link(image.sh, 'usr/bin/sh');
  if (image.init !== 'sysv') {
    link('/lib/systemd/systemd', 'usr/bin/init'); // or GRUB offers systemd as another choice
  }
  fs.cpSync(path.join(STAND_INS, 'lib'), path.join(root, 'stand-in'), { recursive: true });
  [...COMMON, ...image.commands].forEach(each => fs.cpSync(path.join(STAND_INS, each), path.join(root, 'usr/bin', commandOf(each))));
  if (image.syncsFiles === false) {
    fs.rmSync(path.join(root, 'usr/bin/sync'));
    fs.cpSync(path.join(STAND_INS, 'sync'), path.join(root, 'usr/bin/sync'));
  }
}

// kdumpctl@el8 is the kdumpctl of EL8.
function commandOf(standIn: string): string {
  return standIn.replace(/@.*/, '');
}

/** Makes the image's packages ready for the machine's package manager. */
export function layPackages(root: string, image: Image): void {
  for (const [name, content] of Object.entries(image.packages)) {
    const directory = path.join(root, 'stand-in/packages', name);
    const write = (file: string, text: string) => {
      fs.mkdirSync(path.dirname(path.join(directory, file)), { recursive: true });
      fs.writeFileSync(path.join(directory, file), text);
    };
    Object.entries(content.files ?? {}).forEach(([file, text]) => write(path.join('files', file), text));
    Object.entries(content.settings ?? {}).forEach(([file, text]) => write(path.join('settings', file), text));
    write('scriptlet', content.scriptlet ?? '');
    for (const command of content.commands ?? []) {
      fs.cpSync(path.join(STAND_INS, command), path.join(directory, 'commands', commandOf(command)));
    }
    for (const [unit, file] of Object.entries(content.units ?? {})) {
      fs.cpSync(path.join(STAND_INS, 'units', file), path.join(directory, 'units', unit));
    }
  }
}
