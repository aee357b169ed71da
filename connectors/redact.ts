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
    for (const form of formsOf(value)) this.#forms.add(form);
  }

  scrub(text: string): string {
    const longestFirst = [...this.#forms].sort((a, b) => b.length - a.length);
    return longestFirst.reduce((scrubbed, form) => scrubbed.replaceAll(form, masked), text);
  }
}

/** Plain, base64, base64url, hex, URL-encoded, JSON-escaped. */
export function formsOf(value: string): string[] {
  const bytes = Buffer.from(value, 'utf8');
  return [
    value,
    bytes.toString('base64'),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    encodeURIComponent(value),
    JSON.stringify(value).slice(1, -1),
  ];
}
