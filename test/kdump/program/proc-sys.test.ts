import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const SCRIPT = join(__dirname, '../../../src/kdump/script/sysctl.sh');
const NUMBER = '/proc/sys/kernel/pid_max';

// What is bound over /proc/sys in the sandbox may be an ordinary file, which forgives what the kernel's own do not.
test.each(['dash', 'bash', 'busybox ash'])('a number of several digits is read whole from the real /proc/sys, by %s', shell => {
  const [program, ...args] = shell.split(' ');
  const number = readFileSync(NUMBER, 'utf8');
  expect(number.trim().length).toBeGreaterThan(1);
  expect(execFileSync(program, [...args, '-c', `. '${SCRIPT}'; live_value pid_max; printf '%s\\n' "$line"`], { encoding: 'utf8' })).toBe(number);
});
