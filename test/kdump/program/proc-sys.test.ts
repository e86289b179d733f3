import { execFileSync, execSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const script = join(__dirname, '../../../src/kdump/script/sysctl.sh');

// The sandbox's /proc/sys is made of ordinary files, which forgive what the kernel's do not.
test.each([['dash'], ['bash'], ['busybox', 'ash']])('a number of several digits is read whole from the real /proc/sys, by %s %s', (...shell: string[]) => {
  const [program, ...args] = shell.filter(each => each);
  expect(readFileSync('/proc/sys/kernel/pid_max', 'utf8').trim().length).toBeGreaterThan(1);
  expect(execFileSync(program, [...args, '-c', `. '${script}'; live_value pid_max; printf '%s\\n' "$line"`], { encoding: 'utf8' }))
    .toBe(execSync('cat /proc/sys/kernel/pid_max', { encoding: 'utf8' }));
});
