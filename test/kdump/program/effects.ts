import * as fs from 'fs';
import * as path from 'path';
import { Machine } from './machine';

// Every command by which the program changes something: files (a redirection goes to a file beside, which one of these brings into
// its place), packages, services, boot loader.
const EFFECTS = ['apt-get', 'chkconfig', 'cp', 'debconf-set-selections', 'dnf', 'dpkg', 'grub-mkconfig', 'grub2-editenv', 'grub2-mkconfig',
  'ln', 'mkdir', 'mv', 'restorecon', 'rm', 'rmdir', 'service', 'systemctl', 'yum', 'zypper'];

/** Kills the program after its n-th effect: what an agent that gives up does, or a power loss. */
export class Effects {
  constructor(private readonly machine: Machine) {
    for (const name of EFFECTS.filter(each => machine.exists(`/usr/bin/${each}`) || this.isLink(each))) {
      this.wrap(name);
    }
  }

  /** How many there were since killAfter(). */
  public count(): number {
    return this.machine.exists('/stand-in/effects') ? this.machine.read('/stand-in/effects').length : 0;
  }

  public killAfter(effect: number): void {
    this.machine.remove('/stand-in/effects');
    this.machine.write('/stand-in/kill-after', `${effect}\n`);
  }

  /** The program is the process whose command line ends in /program; its own children are not counted a second time. */
  private wrap(name: string): void {
    const file = path.join(this.machine.root, 'usr/bin', name);
    fs.renameSync(file, path.join(this.machine.root, 'usr/bin', `${name}.effect`));
    this.machine.write(`/usr/bin/${name}`, `#!/bin/bash
[ -z "\${WITHIN_EFFECT:-}" ] || exec ${name}.effect "$@"
WITHIN_EFFECT=yes ${name}.effect "$@"
status=$?
printf . >> /stand-in/effects
if [ "$(/host/usr/bin/wc -c < /stand-in/effects)" = "$(< /stand-in/kill-after)" ]; then
  for process in /proc/[0-9]*; do
    command=$(/host/usr/bin/tr '\\0' ' ' < "$process/cmdline")
    [[ $command != 'sh /program ' ]] || kill -KILL "\${process#/proc/}"
  done 2> /dev/null
fi
exit $status
`, 0o755);
  }

  private isLink(name: string): boolean {
    return fs.lstatSync(path.join(this.machine.root, 'usr/bin', name), { throwIfNoEntry: false }) !== undefined;
  }
}
