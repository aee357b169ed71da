const lower = 'abcdefghijklmnopqrstuvwxyz';
const upper = lower.toUpperCase();
const digit = '0123456789';
const symbol = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

export const classes = { lower, upper, digit, symbol } as const;
export type CharacterClass = keyof typeof classes;

export const alphabets = {
  alphanumeric: lower + upper + digit,
  hex: `${digit}abcdef`,
  base64url: `${lower + upper + digit}-_`,
  'ascii-symbols': lower + upper + digit + symbol,
  /** Without characters that people confuse: 0 O o, 1 l I. */
  readable: (lower + upper + digit).replace(/[0Oo1lI]/g, ''),
} as const;

/**
 * The share of all values over the alphabet that hold every required class, by inclusion and exclusion: the values
 * without a class are values over a smaller alphabet.
 */
export function shareWith(characters: string, length: number, required: readonly CharacterClass[]): number {
  let share = 0;
  for (let subset = 0; subset < 2 ** required.length; subset++) {
    const missing = required.filter((_, bit) => subset & (1 << bit));
    const left = [...characters].filter((char) => !missing.some((name) => classes[name].includes(char))).length;
    share += (missing.length % 2 === 0 ? 1 : -1) * (left / characters.length) ** length;
  }
  return share;
}

export function hasAll(value: string, required: readonly CharacterClass[]): boolean {
  return required.every((name) => [...value].some((char) => classes[name].includes(char)));
}
