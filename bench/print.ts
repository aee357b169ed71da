import { styleText } from 'node:util';
import type { Style } from '../cli/output.ts';
import { type Cell, table } from '../cli/table.ts';
import { duration } from '../cli/words.ts';
import type { Report, RowReport } from './report.ts';
import type { Finding } from './row.ts';

const paint = (style: Style, text: string) => styleText(style, text, { stream: process.stdout });
const heads = ['', 'median', 'unit', 'least to most', 'of', 'compared to', 'aim'];

/** The whole report, for people. */
export function printed({ machine, rows, servers }: Report): string {
  const { cores, memoryGiB, node, processor, system } = machine;
  const engines = Object.entries(servers).map(([engine, version]) => `${engine} ${version}`);
  const where = `${cores} cores (${processor}), ${memoryGiB} GiB, ${system}, Node ${node}`;
  return [where, `Temporal server: ${engines.join(', ') || 'none'}`, ...rows.map(section)].join('\n\n');
}

function section(row: RowReport): string {
  const title = `${row.name}: ${row.about} (${row.quick ? 'quick, ' : ''}${duration(row.tookMs)})`;
  const lines = [
    paint('bold', title),
    ...(row.findings.length > 0 ? [table(heads, row.findings.map(cells), paint)] : []),
    ...row.findings.flatMap(reason),
    ...row.notMeasured,
    ...(row.failed === undefined ? [] : [paint('red', `failed: ${row.failed}`)]),
  ];
  return lines.join('\n');
}

function cells({ aim, comparedTo = '', median, runs, spread, unit, what }: Finding): Cell[] {
  const met = aim === undefined ? undefined : aim.met;
  return [
    { text: what },
    { text: number(median) },
    { text: unit },
    { text: spread === undefined ? '' : `${number(spread.least)} to ${number(spread.most)}` },
    { text: String(runs) },
    { text: comparedTo },
    met === undefined
      ? { text: '' }
      : { text: `${aim?.text}: ${met ? 'met' : 'not met'}`, style: met ? 'green' : 'red' },
  ];
}

function reason({ aim, what }: Finding): string[] {
  return aim?.why === undefined ? [] : [`  ${what}: ${aim.met ? '' : 'not met: '}${aim.why}`];
}

/** Three digits that count. */
export function number(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 100) return String(Math.round(value));
  return String(Number(value.toPrecision(3)));
}
