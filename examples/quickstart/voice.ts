import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** What people read. */
export interface Voice {
  line(text?: string): void;
  heading(text: string): void;
  /** Says what is being done when it takes longer than two seconds, and how long it took at the end. */
  doing<T>(what: string, work: () => Promise<T>, found?: (result: T) => string): Promise<T>;
  /** Colour, only on a terminal. */
  paint(style: Style, text: string): string;
  /** From now on says nothing. */
  hush(): void;
}

const patienceMs = 2_000;
const againMs = 10_000;

export function voiceOn(stream: NodeJS.WriteStream): Voice {
  const paint = (style: Style, text: string) => styleText(style, text, { stream });
  let hushed = false;
  const line = (text = '') => void (hushed || stream.write(`${text}\n`));
  return {
    line,
    paint,
    hush: () => {
      hushed = true;
    },
    heading: (text) => line(`\n${paint('bold', text)}`),
    async doing(what, work, found) {
      const startedMs = performance.now();
      const stop = remind(() => line(`  ${paint('dim', `… ${what} (${seconds(performance.now() - startedMs)})`)}`));
      try {
        const result = await work();
        const detail = found ? `  ${paint('dim', found(result))}` : '';
        line(`  ${paint('green', '✓')} ${what}${detail}  ${paint('dim', seconds(performance.now() - startedMs))}`);
        return result;
      } catch (error) {
        line(`  ${paint('red', '✗')} ${what}`);
        throw error;
      } finally {
        stop();
      }
    },
  };
}

function remind(say: () => void): () => void {
  let timer = setTimeout(function again() {
    say();
    timer = setTimeout(again, againMs);
  }, patienceMs);
  return () => clearTimeout(timer);
}

export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
