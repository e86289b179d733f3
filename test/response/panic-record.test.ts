import { readPanic } from '../../src/response/panic-record';

const LOG = `[   52.573929] cdi_hang: every CPU stops here
[   73.464923] Uhhuh. NMI received for unknown reason 21 on CPU 0.
[   73.466515] Kernel panic - not syncing: NMI: Not continuing
[   73.467273] CPU: 0 UID: 0 PID: 2067 Comm: modprobe Kdump: loaded Tainted: G           OE      6.12.117+deb13-cloud-amd64 #1  Debian 6.12.117-1
[   73.467795] Hardware name: QEMU Standard PC (Q35 + ICH9, 2009), BIOS 1.16.2-debian-1.16.2-1 04/01/2014
[   73.467965] Call Trace:
[   73.469199]  <NMI>
[   73.469740]  dump_stack_lvl+0x5d/0x80
[   73.470741]  panic+0x118/0x2db
[   73.470778]  ? _printk+0x6c/0x87
[   73.470835]  nmi_panic.cold+0xc/0xc
[   73.470936]  end_repeat_nmi+0xf/0x53
[   73.471107] RIP: 0010:spin_for_ever+0x11/0xff0 [cdi_hang]
[   73.472991] Code: Unable to access opcode bytes at 0xffffffffc03b7ff7.
[   73.473604] RSP: 0018:ffffd20641567b30 EFLAGS: 00000046
[   73.474334] RBP: 0000000000000000 R08: ffff8db2010605b0 R09: 0000000000000000
[   73.474386] R13: ffffd20641567b40 R14: ffff8db2021593c0 R15: ffff8db203a37c78
[   73.476613]  ? spin_for_ever+0x11/0xff0 [cdi_hang]
[   73.476679]  </NMI>
[   73.476751]  <TASK>
[   73.476777]  cdi_hang_init+0x33/0xff0 [cdi_hang]
[   73.478612]  </TASK>
[   73.478700] Kernel Offset: 0x2a000000 from 0xffffffff81000000
`;

test('reads the panic, the head of its call trace, and where the CPU was', () => {
  expect(readPanic(LOG)).toEqual({
    panic: 'Kernel panic - not syncing: NMI: Not continuing',
    backtrace: [
      '<NMI>', 'dump_stack_lvl+0x5d/0x80', 'panic+0x118/0x2db', 'nmi_panic.cold+0xc/0xc', 'end_repeat_nmi+0xf/0x53',
      'RIP: 0010:spin_for_ever+0x11/0xff0 [cdi_hang]', '</NMI>', '<TASK>', 'cdi_hang_init+0x33/0xff0 [cdi_hang]', '</TASK>',
    ],
  });
});

test('takes the last panic of a log that holds several', () => {
  expect(readPanic(`${LOG}[  200.0] Kernel panic - not syncing: Attempted to kill init!\n`)).toEqual({
    panic: 'Kernel panic - not syncing: Attempted to kill init!',
    backtrace: [],
  });
});

// With panic_on_oops the capture kernel is started from there, and no panic is printed.
test.each([
  'Oops: 0002 [#1] PREEMPT SMP NOPTI', 'invalid opcode: 0000 [#1] SMP', 'general protection fault, probably for non-canonical address 0xdead000000000100: 0000 [#1] SMP',
])('takes an oops that is the end: %s', (oops) => {
  const log = `[  400.000000] ${oops}
[  400.000100] CPU: 1 PID: 4711 Comm: sh Kdump: loaded Not tainted 5.14.0-503.el9.x86_64 #1
[  400.000200] RIP: 0010:sysrq_handle_crash+0x16/0x20
[  400.000300] Call Trace:
[  400.000400]  <TASK>
[  400.000500]  __handle_sysrq.cold+0x45/0xf7
[  400.000600] CR2: 0000000000000000
`;
  expect(readPanic(log)).toEqual({ panic: oops, backtrace: ['<TASK>', '__handle_sysrq.cold+0x45/0xf7'] });
});

test.each([
  ['that CONFIG_PRINTK_CALLER adds', '[    C0] '],
  ['that makedumpfile writes', ' [      C0] '],
])('reads the caller %s', (_, caller) => {
  const log = LOG.replace(/^(\[[^\]]*\]) /gm, `$1${caller}`);
  expect(log).toContain(`[   73.467965]${caller}Call Trace:`);
  expect(readPanic(log)).toEqual(readPanic(LOG));
});

test('refuses to name a panic where the log has none', () => {
  expect(readPanic('')).toBeUndefined();
  expect(readPanic('[ 1.0] Linux version 6.1\n')).toBeUndefined();
});
