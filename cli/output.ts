import { styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red';

/** Results go to standard output, progress to standard error. With `--json`, standard output holds one JSON object. */
export class Output {
  readonly json: boolean;

  constructor(json: boolean) {
    this.json = json;
  }

  /** A result for people. */
  result(text: string): void {
    if (!this.json) process.stdout.write(`${text}\n`);
  }

  /** The result for programs: the last line. */
  data(data: object): void {
    if (this.json) process.stdout.write(`${JSON.stringify(data)}\n`);
  }

  say(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  /** Coloured only on a terminal, and not where NO_COLOR is set (https://no-color.org). */
  paint(style: Style, text: string): string {
    return styleText(style, text, { stream: process.stdout });
  }

  paintProgress(style: Style, text: string): string {
    return styleText(style, text, { stream: process.stderr });
  }
}
