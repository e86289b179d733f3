import { readPanic } from '../../src/response/panic-record';

const LOG = `[   95.001122] cdi: hang
[  101.515151] Uhhuh. NMI received for unknown reason 30 on CPU 0.
[  101.515160] Kernel panic - not syncing: NMI: Not continuing
[  101.515165] CPU: 0 PID: 0 Comm: swapper/0 Kdump: loaded Tainted: G           OE      6.1.0-40-amd64 #1  Debian 6.1.153-1
[  101.515170] Hardware name: QEMU Standard PC (Q35 + ICH9, 2009)
[  101.515171] Call Trace:
[  101.515173]  <NMI>
[  101.515175]  dump_stack_lvl+0x44/0x5c
[  101.515180]  panic+0x118/0x2ed
[  101.515184]  nmi_panic.cold+0xc/0xc
[  101.515190]  </NMI>
`;

test('reads the panic and the head of its call trace', () => {
  expect(readPanic(LOG)).toEqual({
    panic: 'Kernel panic - not syncing: NMI: Not continuing',
    backtrace: ['<NMI>', 'dump_stack_lvl+0x44/0x5c', 'panic+0x118/0x2ed', 'nmi_panic.cold+0xc/0xc', '</NMI>'],
  });
});

test('takes the last panic of a log that holds several', () => {
  expect(readPanic(`${LOG}[  200.0] Kernel panic - not syncing: Attempted to kill init!\n`)).toEqual({
    panic: 'Kernel panic - not syncing: Attempted to kill init!',
    backtrace: [],
  });
});

test('reads the caller column that CONFIG_PRINTK_CALLER adds', () => {
  const log = LOG.replace(/^(\[[^\]]*\])/gm, '$1[    C0]');
  expect(log).toContain('[  101.515171][    C0] Call Trace:');
  expect(readPanic(log)).toEqual(readPanic(LOG));
});

test('refuses to name a panic where the log has none', () => {
  expect(readPanic('')).toBeUndefined();
  expect(readPanic('[ 1.0] Linux version 6.1\n')).toBeUndefined();
});
