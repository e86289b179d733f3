/** The text, or as much of its beginning as fits so many bytes of UTF-8. */
export function bounded(text: string, mostBytes: number): string {
  if (Buffer.byteLength(text) <= mostBytes) return text;
  const cut = Buffer.from(text).subarray(0, mostBytes - 3).toString();
  // A character that was cut in two is left out.
  return `${cut.replace(/\uFFFD+$/, '')}...`;
}
