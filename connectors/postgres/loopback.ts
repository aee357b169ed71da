/** Traffic to these never leaves the machine. A name that only resolves to such an address does not count. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
