import type { Secret } from '../contract/index.ts';

/** Shorter values are not looked for: they would blot out ordinary words. */
const lengthMin = 6;
const masked = '[secret]';

/** Takes the values that have passed through it out of any text, in the forms in which systems like to repeat them. */
export class Redactor {
  readonly #forms = new Set<string>();

  add(secret: Secret): void {
    const value = secret.reveal();
    if (value.length < lengthMin) return;
    for (const form of formsOf(value)) if (form.length >= lengthMin) this.#forms.add(form);
  }

  scrub(text: string): string {
    const longestFirst = [...this.#forms].sort((a, b) => b.length - a.length);
    return longestFirst.reduce((scrubbed, form) => scrubbed.replaceAll(form, masked), text);
  }
}

/** Plain, base64 and base64url (inside a longer text too), hex, URL-encoded, JSON-escaped. */
export function formsOf(value: string): string[] {
  const bytes = Buffer.from(value, 'utf8');
  const hex = bytes.toString('hex');
  return [value, ...base64Forms(bytes), hex, hex.toUpperCase(), ...urlForms(value), ...jsonForms(value)];
}

/** Whole, and what is left of it in a longer base64 text, such as the `user:password` of HTTP's Basic authentication. */
function base64Forms(bytes: Buffer): string[] {
  const whole = bytes.toString('base64');
  const inside = [0, 1, 2].flatMap((before) =>
    (['base64', 'base64url'] as const).map((encoding) => insideBase64(bytes, before, encoding)),
  );
  return [whole, whole.replace(/=+$/, ''), bytes.toString('base64url'), ...inside];
}

/** The digits that depend on these bytes alone, with so many others (modulo 3) in front of them. Each holds six bits. */
function insideBase64(bytes: Buffer, before: number, encoding: 'base64' | 'base64url'): string {
  const text = Buffer.concat([Buffer.alloc(before), bytes]).toString(encoding);
  return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
}

function urlForms(value: string): string[] {
  const url = encodeURIComponent(value.toWellFormed());
  const form = new URLSearchParams([['', value]]).toString().slice(1);
  return [url, form].flatMap((each) => [each, each.replace(/%../g, (code) => code.toLowerCase())]);
}

/** As different encoders write it (Go escapes `<`, `>` and `&`, PHP slashes, Python all but ASCII), and within a text that is JSON. */
function jsonForms(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1);
  const ascii = json.replace(/[\u0080-\uffff]/g, unicodeEscape);
  const go = json.replace(/[<>&]/g, unicodeEscape);
  const all = ascii.replace(/[<>&]/g, unicodeEscape);
  const forms = [json, ascii, go, all, json.replaceAll('/', '\\/')];
  return forms.flatMap((each) => [each, JSON.stringify(each).slice(1, -1)]);
}

function unicodeEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
