/** A text that takes so many bytes as JSON, with its quotes; no shorter than those. */
export function padding(bytes: number): string {
  return 'x'.repeat(Math.max(0, bytes - 2));
}

/** The same object with a field that fills it up to so many bytes as JSON, where it is smaller. */
export function padded<Data extends object>(data: Data, bytes: number): Data & { pad?: string } {
  const field = ',"pad":""'.length;
  const missing = bytes - JSON.stringify(data).length - field;
  return missing < 0 ? data : { ...data, pad: 'x'.repeat(missing) };
}
