/**
 * Forms of secrets that can be told by their looks. Every repetition has a bound, so that no text takes longer than its
 * length deserves.
 */
const forms: readonly { what: string; pattern: RegExp }[] = [
  { what: 'a private key (PEM)', pattern: /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY( BLOCK)?-----/ },
  { what: 'a private key (age)', pattern: /\bAGE-SECRET-KEY-1[A-Z0-9]{20,2000}/i },
  { what: 'a JSON Web Token', pattern: /\beyJ[\w-]{8,2000}\.[\w-]{0,2000}\./ },
  { what: 'a GitHub token', pattern: /\b(gh[pousr]_[A-Za-z0-9]{20,2000}|github_pat_\w{20,2000})/ },
  { what: 'a GitLab token', pattern: /\bgl(pat|dt|rt|cbt|ptt|ft|agent|soat)-[\w-]{16,2000}/ },
  { what: 'a webhook secret', pattern: /\bwhsec_[A-Za-z0-9+/=_-]{8,2000}/ },
  { what: 'a payment API key', pattern: /\b[sr]k_(live|test)_[A-Za-z0-9]{10,2000}/ },
  { what: 'an API key', pattern: /\bsk-(?=[\w-]{0,200}\d)[\w-]{16,2000}/ },
  { what: 'a Google API key', pattern: /\bAIza[\w-]{35}/ },
  { what: 'a Google access token', pattern: /\bya29\.[\w-]{20,2000}/ },
  { what: 'a Google client secret', pattern: /\bGOCSPX-[\w-]{20,2000}/ },
  { what: 'a Slack token', pattern: /\bxox[abeoprs]-[\w-]{10,2000}/ },
  { what: 'an npm token', pattern: /\bnpm_[A-Za-z0-9]{36}/ },
  { what: 'a PyPI token', pattern: /\bpypi-[\w-]{50,2000}/ },
  { what: 'a SendGrid key', pattern: /\bSG\.[\w-]{16,2000}\.[\w-]{16,2000}/ },
  { what: 'a Vault token', pattern: /\bhv[bsr]\.[\w-]{20,2000}/ },
  { what: 'a Shopify token', pattern: /\bshp(at|ca|pa|ss)_[A-Fa-f0-9]{32}/ },
  { what: 'an Azure account key', pattern: /\b(AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{20,2000}/ },
  { what: 'an HTTP credential', pattern: /\b(Bearer|Basic)\s+(?=\S{0,200}\d)[A-Za-z0-9+/=._~-]{16,2000}/ },
];

/** `${NAME}`, `<password>` and `***` in the place of a password stand for one. */
const placeholder = /^(\$\{?\w+\}?|<[^<>]*>|\*+|\.{3})$/;
const urlPassword = /\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s/?#@:"']{0,200}:([^\s/?#"']{1,500})@/gi;
const token = /[A-Za-z0-9+/_=-]{32,2000}/g;

export interface Sighting {
  /** With its article: `a GitHub token`. */
  what: string;
  /** Where in the text it starts. */
  offset: number;
}

/** Everything in a text that looks like a secret. */
export function sightSecrets(text: string): Sighting[] {
  const sightings: Sighting[] = [];
  for (const { what, pattern } of forms) {
    for (const match of text.matchAll(new RegExp(pattern, `${pattern.flags}g`))) {
      sightings.push({ what, offset: match.index });
    }
  }
  for (const match of text.matchAll(urlPassword)) {
    if (!placeholder.test(match[1] ?? '')) sightings.push({ what: 'a URL with a password', offset: match.index });
  }
  for (const match of text.matchAll(token)) {
    if (looksRandom(match[0])) sightings.push({ what: 'a long random string', offset: match.index });
  }
  return sightings;
}

export function looksSecret(text: string): boolean {
  return sightSecrets(text).length > 0;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** 40 characters of base64: how AWS writes secret access keys. */
const awsSecret = /^[A-Za-z0-9+/]{40}$/;
const runMin = 20;
const bitsMin = 3.7;
const hexBitsMin = 3;

/** Names and paths are made of words; random text has long stretches of mixed letters and digits. */
function looksRandom(text: string): boolean {
  if (uuid.test(text) || isAlphabet(text)) return false;
  const digits = text.match(/\d/g)?.length ?? 0;
  if (/^[0-9a-f]+$/i.test(text)) return digits > 3 && digits < text.length - 3 && bits(text) >= hexBitsMin;
  const mixed = digits > 1 && /[a-z]/.test(text) && (text.match(/[A-Z]/g)?.length ?? 0) > 2;
  if (!mixed) return false;
  const longestRun = Math.max(...text.split(/[/_=-]/).map((part) => part.length));
  return (awsSecret.test(text) || longestRun >= runMin) && bits(text) >= bitsMin;
}

/** `abc...xyz012...`: random to the eye of a counter, but nobody's secret. */
function isAlphabet(text: string): boolean {
  const steps = [...text].filter((char, i) => i > 0 && char.charCodeAt(0) === text.charCodeAt(i - 1) + 1);
  return steps.length * 2 > text.length;
}

/** Shannon entropy, bits per character. */
function bits(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum - (count / text.length) * Math.log2(count / text.length), 0);
}
