/** Shorter values would be found in ordinary words. */
const lengthMin = 6;

/** A secret that must not be found, by a name that may be printed. */
export interface Hidden {
  name: string;
  bytes: Buffer;
  /** Made by Keyturn, and so known to nobody else. */
  isMinted?: boolean;
}

export function hidden(name: string, value: string | Uint8Array): Hidden {
  return { name, bytes: Buffer.from(value) };
}

/** In which of its forms, if any, each value stands in the place: `<value> as <form>`. */
export function sightings(place: Uint8Array, values: readonly Hidden[]): string[] {
  const bytes = Buffer.from(place.buffer, place.byteOffset, place.byteLength);
  return values.flatMap((value) => formsIn(bytes, value).map((form) => `${value.name} as ${form}`));
}

export function formsIn(place: Buffer, { bytes }: Hidden): string[] {
  if (bytes.length < lengthMin) return [];
  return [...formsOf(bytes)].filter(([, form]) => place.includes(form)).map(([name]) => name);
}

/** By name. What says the same as an earlier form is left out. */
export function formsOf(bytes: Buffer): Map<string, Buffer> {
  const text = bytes.toString('utf8');
  const isText = Buffer.from(text).equals(bytes);
  const forms: [string, string | Buffer][] = [
    ['plain', bytes],
    ['hex', bytes.toString('hex')],
    ['upper-case hex', bytes.toString('hex').toUpperCase()],
    ...[0, 1, 2].flatMap((before): [string, string][] => [
      [`base64 after ${before}`, insideBase64(bytes, before, 'base64')],
      [`base64url after ${before}`, insideBase64(bytes, before, 'base64url')],
    ]),
    ...(isText ? textForms(text) : []),
  ];
  const known = new Set<string>();
  const distinct = forms
    .map(([name, form]) => [name, Buffer.from(form)] as const)
    .filter(
      ([, form]) =>
        form.length >= lengthMin && !known.has(form.toString('latin1')) && known.add(form.toString('latin1')),
    );
  return new Map(distinct);
}

function textForms(text: string): [string, string][] {
  const url = encodeURIComponent(text);
  const json = JSON.stringify(text).slice(1, -1);
  return [
    ['URL-encoded', url],
    ['URL-encoded in lower case', url.replace(/%../g, (code) => code.toLowerCase())],
    ['URL-encoded as a form', new URLSearchParams([['', text]]).toString().slice(1)],
    ['JSON-escaped', json],
    ['JSON-escaped, with slashes', json.replaceAll('/', '\\/')],
    ['JSON-escaped, ASCII', json.replace(/[<>&\u0080-\uffff]/g, escaped)],
    ['JSON-escaped twice', JSON.stringify(json).slice(1, -1)],
  ];
}

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** What of a longer base64 text depends on these bytes alone, when so many others (mod 3) stand before them. */
export function insideBase64(bytes: Buffer, before: number, encoding: 'base64' | 'base64url'): string {
  const text = Buffer.concat([Buffer.alloc(before), bytes]).toString(encoding);
  const bits = { start: before * 8, end: (before + bytes.length) * 8 };
  return text.slice(Math.ceil(bits.start / 6), Math.floor(bits.end / 6));
}

/** A text that holds the value in every form in which it is looked for. */
export function everyForm(value: string): string {
  return [...formsOf(Buffer.from(value)).values()].join(' ');
}
