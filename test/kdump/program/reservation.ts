const UNITS: Record<string, number> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

// The kernels of Red Hat up to EL8 replace "auto" by a table; those of Oracle (UEK) and all others know no such word.
const AUTO = [
  { kernel: /\.el8[^u]*\.x86_64$/, table: '1G-4G:192M,4G-64G:256M,64G-:512M' },
  { kernel: /\.el8[^u]*\.aarch64$/, table: '2G-:448M' },
  { kernel: /\.el7[^u]*\.x86_64$/, table: '2G-:161M' },
];

// What the kernel does not understand reserves nothing.
function bytes(size: string): number {
  const match = /^(\d+)([KMGT])(?:@.*)?$/i.exec(size);
  return match ? Number(match[1]) * UNITS[match[2].toUpperCase()] : 0;
}

/** What this kernel reserves for a command line on a machine with this much memory (parse_crashkernel in kernel/crash_reserve.c). */
export function reservedBytes(commandLine: string, memory: number, kernel = ''): number {
  const values = commandLine.split(/\s+/).filter(each => each.startsWith('crashkernel=')).map(each => each.slice('crashkernel='.length));
  const auto = AUTO.find(each => each.kernel.test(kernel))?.table ?? 'auto';
  const plain = values.filter(each => !/,(high|low)$/.test(each)).pop()?.replace(/^auto$/, auto);
  if (plain === undefined) {
    const high = values.filter(each => each.endsWith(',high')).pop();
    const low = values.filter(each => each.endsWith(',low')).pop();
    return high === undefined ? 0 : bytes(high.replace(',high', '')) + (low === undefined ? 0 : bytes(low.replace(',low', '')));
  }
  if (!plain.includes(':')) {
    return bytes(plain);
  }
  const rounded = Math.ceil(memory / (128 * UNITS.M)) * 128 * UNITS.M;
  for (const range of plain.split(',')) {
    const [limits, size] = range.split(':');
    const [from, to] = limits.split('-');
    if (rounded >= bytes(from) && (to === '' || rounded < bytes(to))) {
      return bytes(size);
    }
  }
  return 0;
}
