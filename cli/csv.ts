/**
 * A spreadsheet takes a cell that begins so for a formula (https://owasp.org/www-community/attacks/CSV_Injection). The apostrophe itself
 * is among them, so that one apostrophe taken off what begins with one always gives back what was written.
 */
const taken = /^[=+\-@\t\r\n＝＋－＠']/u;

/** One record by RFC 4180, its line break included; what there is none of is an empty cell. */
export function csvLine(cells: readonly (string | number | boolean | null | undefined)[]): string {
  return `${cells.map((cell) => cellText(String(cell ?? ''))).join(',')}\r\n`;
}

function cellText(text: string): string {
  const harmless = taken.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
