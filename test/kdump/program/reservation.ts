const UNITS: Record<string, number> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

// What the kernel does not understand, such as "auto", reserves nothing.
function bytes(size: string): number {
  const match = /^(\d+)([KMGT])$/.exec(size);
  return match ? Number(match[1]) * UNITS[match[2]] : 0;
}

/** What the kernel reserves for this command line on a machine with this much memory (parse_crashkernel in kernel/crash_reserve.c). */
export function reservedBytes(commandLine: string, memory: number): number {
  const values = commandLine.split(/\s+/).filter(each => each.startsWith('crashkernel=')).map(each => each.slice('crashkernel='.length));
  const plain = values.filter(each => !/,(high|low)$/.test(each)).pop();
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
