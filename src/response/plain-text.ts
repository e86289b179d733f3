/** Text of a kernel or an alarm, fit for a message: one line, printable, bounded. */
export function plain(text: string, most = 300): string {
  // eslint-disable-next-line no-control-regex
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
  return line.length > most ? `${line.slice(0, most - 3)}...` : line;
}

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

export function readableSize(bytes: number): string {
  const unit = Math.min(UNITS.length - 1, bytes > 0 ? Math.floor(Math.log2(bytes) / 10) : 0);
  return unit === 0 ? `${bytes} bytes` : `${(bytes / 1024 ** unit).toFixed(1)} ${UNITS[unit]}`;
}
