import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** RFC 1918, RFC 6598 and RFC 4193. */
const inside = new BlockList();
inside.addSubnet('10.0.0.0', 8, 'ipv4');
inside.addSubnet('172.16.0.0', 12, 'ipv4');
inside.addSubnet('192.168.0.0', 16, 'ipv4');
inside.addSubnet('100.64.0.0', 10, 'ipv4');
inside.addSubnet('fc00::', 7, 'ipv6');

/** Names that the public DNS never answers: `.internal` and `.local` are reserved, `.svc` is a Kubernetes cluster's own. */
const insideName = /\.(?:internal|local|svc|svc\.cluster\.local)$/;

export interface UrlRule {
  /** Plain http to a private network, asked for in so many words. Loopback needs no leave, the Internet gets none. */
  privateHttp: boolean;
}

/** @returns what is wrong with a URL from a catalog, in words that do not repeat it; undefined when it will do. */
export function urlProblem(text: string, rule: UrlRule): string | undefined {
  if (!URL.canParse(text)) return 'not a URL';
  const url = new URL(text);
  if (url.username || url.password) return 'a URL without user and password: a catalog stands in git';
  if (url.hash) return 'a URL without a fragment: it is never sent';
  if (url.protocol === 'https:') return undefined;
  if (url.protocol !== 'http:') return 'an https URL';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isOf(loopback, host) || host === 'localhost') return undefined;
  if (!isOf(inside, host) && !insideName.test(host))
    return 'https: plain http would cross a network that anyone may read';
  return rule.privateHttp ? undefined : 'https, or plain http on this machine';
}

function isOf(list: BlockList, host: string): boolean {
  const version = isIP(host);
  return version !== 0 && list.check(host, version === 4 ? 'ipv4' : 'ipv6');
}
