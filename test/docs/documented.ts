import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What users are told to type, as it stands in the documentation. */
export interface Documented {
  /** `README.md:66`. */
  place: string;
  /** The whole line, without a prompt. */
  line: string;
  /** In a block of its own, to be run as it is; else named in a sentence, perhaps in part. */
  isWhole: boolean;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const skipped = /^(node_modules|\.cache|CHANGELOG)/;

export function documents(): string[] {
  return globSync('**/*.md', { cwd: root, exclude: (name) => skipped.test(name) })
    .filter((file) => !skipped.test(file))
    .sort();
}

export function textOf(file: string): string {
  return readFileSync(`${root}${file}`, 'utf8');
}

const command = /^(?:\$ )?((?:npx |npm run )?keyturn |npm (?:run|test)\b|npx )/;

/** Not what is typed, but what it looks like. */
const isForm = /<command>|=\.\.\./;

/** Commands of ours, in blocks and in sentences. */
export function documentedIn(file: string): Documented[] {
  let isBlock = false;
  return textOf(file)
    .split('\n')
    .flatMap((text, index): Documented[] => {
      const place = `${file}:${index + 1}`;
      if (text.startsWith('```')) {
        isBlock = !isBlock;
        return [];
      }
      if (isBlock) return command.test(text) ? [{ place, line: text.replace(/^\$ /, ''), isWhole: true }] : [];
      const named = [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
      return named
        .filter((code) => command.test(code) && !isForm.test(code))
        .map((line) => ({ place, line, isWhole: false }));
    });
}

/** As a shell takes it apart; `<id>` stands for anything, a hash may be cut short, and what is read or written is left out. */
export function wordsOf(line: string): string[] {
  const inner = /\$\((.*)\)/.exec(line)?.[1] ?? line;
  const filled = inner.replace(/<([\w|: -]+)>/g, (_all, name: string) => `placeholder-${name.replace(/\W+/g, '-')}`);
  const words = [...filled.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, plain]) =>
    [single, double, plain].find((each) => each !== undefined),
  );
  const plain = words
    .filter((word) => word !== undefined)
    .map((word) => word.replace(/([0-9a-f]{6})\.\.\.$/, (_all, digits: string) => digits.padEnd(64, '0')));
  const redirect = plain.findIndex((word) => ['<', '>', '|', '&&', '#'].includes(word));
  return redirect < 0 ? plain : plain.slice(0, redirect);
}
