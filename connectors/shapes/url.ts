import type { KeyFields, KeyValue } from '../../contract/index.ts';
import { KeyturnError, Secret } from '../../contract/index.ts';
import { fieldOf } from './field.ts';

/**
 * A URL cut by the grammar of RFC 3986, section 3.2; `head + userinfo@ + tail` is the text, byte for byte. A WHATWG parser
 * would normalise it, and knows neither several hosts nor sockets.
 */
interface CutUrl {
  head: string;
  userinfo: { user: string; password: string | undefined } | undefined;
  tail: string;
}

/** One host of the comma-separated list that PostgreSQL, MongoDB and others allow; empty for a socket. */
const host = /^(?:\[[0-9A-Za-z:.%~_-]+\]|(?:[A-Za-z0-9._~!$&'()*+;=-]|%[0-9A-Fa-f]{2})*)(?::\d*)?$/;

/** Raw, these are read differently by different parsers. */
const doubtful = /[@\\\s\p{Cc}]/u;

/** @throws KeyturnError `invalid` where the text is no URL, or has no password (or no user where the key has one). */
export function readUrl(document: Secret, fields: KeyFields): KeyValue {
  const { userinfo } = cut(document.reveal());
  if (userinfo?.password === undefined) {
    throw new KeyturnError('invalid', 'the stored URL has no password: expected scheme://user:password@host/...', {
      fix: 'store the URL with its user and password, percent-encoded',
    });
  }
  const found: [string, Secret][] = [[passwordField(fields), new Secret(decode(userinfo.password, 'password'))]];
  if (fields.user !== undefined) found.unshift([fields.user, new Secret(decode(userinfo.user, 'user'))]);
  return Object.fromEntries(found);
}

/** A part that already says the same stays as it is, byte for byte, however it is encoded. */
export function writeUrl(document: Secret | undefined, value: KeyValue, fields: KeyFields): Secret {
  if (document === undefined) {
    throw new KeyturnError('invalid', 'the target holds no URL whose user and password could be changed', {
      fix: 'store the whole URL there once, with the present user and password',
    });
  }
  const { head, userinfo, tail } = cut(document.reveal());
  const password = encode(fieldOf(value, passwordField(fields)), userinfo?.password);
  const user = fields.user === undefined ? (userinfo?.user ?? '') : encode(fieldOf(value, fields.user), userinfo?.user);
  return new Secret(`${head}${user}:${password}@${tail}`);
}

export function urlProblems(fields: KeyFields): string[] {
  return fields.password === undefined
    ? ["a 'url' target needs a key with a password; this provider's has only: ".concat(fields.all.join(', '))]
    : [];
}

function passwordField(fields: KeyFields): string {
  if (fields.password === undefined) throw new KeyturnError('invalid', urlProblems(fields).join());
  return fields.password;
}

function cut(text: string): CutUrl {
  const parts = /^([A-Za-z][A-Za-z0-9+.-]*:\/\/)([^/?#]*)(.*)$/s.exec(text);
  if (!parts) throw new KeyturnError('invalid', 'the stored value is not a URL of the form scheme://host/...');
  const [, head = '', authority = '', rest = ''] = parts;
  const at = authority.lastIndexOf('@');
  const hosts = authority.slice(at + 1);
  if (!hosts.split(',').every((one) => host.test(one))) {
    throw new KeyturnError('invalid', "the stored URL's host is not one by RFC 3986", {
      fix: 'percent-encode the characters / ? # @ : and spaces in its user and password',
    });
  }
  if (at >= 0) return { head, userinfo: userinfoOf(authority.slice(0, at)), tail: hosts + rest };
  // A password with a raw slash would make its end look like a path: never take that for a URL without a userinfo.
  if (/^[^?]*@|#.*@/s.test(rest)) throw doubt();
  return { head, userinfo: undefined, tail: hosts + rest };
}

function userinfoOf(text: string): CutUrl['userinfo'] {
  if (doubtful.test(text)) throw doubt();
  const colon = text.indexOf(':');
  return colon < 0
    ? { user: text, password: undefined }
    : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

function doubt(): KeyturnError {
  return new KeyturnError('invalid', 'it is not certain where user and password end in the stored URL', {
    fix: 'percent-encode the characters / ? # @ : \\ and spaces in its user and password',
  });
}

function decode(text: string, part: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new KeyturnError('invalid', `the ${part} in the stored URL is not percent-encoded UTF-8`);
  }
}

function encode(text: string, present: string | undefined): string {
  if (present !== undefined && says(present, text)) return present;
  if (!text.isWellFormed()) {
    throw new KeyturnError('invalid', 'the key holds a character that cannot be written in UTF-8 (a lone surrogate)');
  }
  // Everything but the unreserved characters of RFC 3986, section 2.3.
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function says(encoded: string, text: string): boolean {
  try {
    return decodeURIComponent(encoded) === text;
  } catch {
    return false;
  }
}
