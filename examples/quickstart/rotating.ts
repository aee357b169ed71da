import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import type { Client } from '@temporalio/client';
import { ended, progress, startOrJoin } from '../../client/rotations.ts';
import {
  type Credential,
  mainQueue,
  type Progress,
  type RotationEnd,
  type StepProgress,
  siteQueue,
  type Wait,
} from '../../contract/index.ts';
import { seconds, type Voice } from './voice.ts';

const lookEveryMs = 150;
const patienceMs = 2_000;
/** It takes ten seconds where nothing is amiss; a rotation itself waits for as long as it has to. */
const wholeMsMax = 180_000;

/**
 * Asks for a rotation, as `keyturn rotate` does, and tells what it does, step by step, until its end.
 * @throws when it is quarantined or waits for too long: nobody is here to mend what it names.
 */
export async function rotate(
  client: Client,
  credential: Credential,
  reason: string,
  voice: Voice,
): Promise<RotationEnd> {
  const queue = credential.site === undefined ? mainQueue : siteQueue(credential.site);
  const request = {
    id: randomUUID(),
    at: new Date().toISOString(),
    by: userInfo().username,
    urgency: 'routine',
    reason,
  } as const;
  const { handle } = await startOrJoin(client, credential, request, queue);
  const timeline = new Timeline(voice);
  const deadlineMs = Date.now() + wholeMsMax;
  for (;;) {
    const now = await progress(handle);
    timeline.tell(now);
    if (now.state === 'ended') return ended(handle);
    if (now.quarantine) throw new Error(`${now.quarantine.step}: ${now.quarantine.reason.message}`);
    if (Date.now() > deadlineMs) throw new Error(`not at its end in ${seconds(wholeMsMax)}: ${standing(now)}`);
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}

function standing({ phase, waits }: Progress): string {
  return [phase, ...waits.map(({ detail }) => detail)].join(', ');
}

/** Says each thing once, and something at least when it has been quiet for two seconds. */
class Timeline {
  readonly #voice: Voice;
  readonly #said = new Set<string>();
  #lastSaidMs = Date.now();

  constructor(voice: Voice) {
    this.#voice = voice;
  }

  tell({ steps, waits }: Progress): void {
    for (const step of inOrder(steps)) this.#tellStep(step);
    for (const wait of waits) this.#tellWait(wait);
    const open = steps.find(({ status }) => status === 'running' || status === 'undoing');
    if (open && waits.length === 0 && this.#quietMs() > patienceMs) {
      this.#say(`${open.name} ${open.status}`, dimmed(this.#voice, `${open.name} goes on`));
    }
  }

  #tellStep(step: StepProgress): void {
    const { name, note, status } = step;
    const { paint } = this.#voice;
    const padded = name.padEnd(10);
    if (status === 'done')
      this.#say(`${name} done`, `  ${paint('green', '✓')} ${padded} ${paint('dim', tookOf(step))}`);
    if (note !== undefined) this.#say(`${name} failed`, `  ${paint('red', '✗')} ${padded} ${note}`);
    if (status === 'undone')
      this.#say(`${name} undone`, `  ${paint('yellow', '↩')} ${padded} ${paint('dim', 'undone')}`);
  }

  #tellWait({ name, detail, since, until }: Wait): void {
    const planned = until !== undefined;
    if (!planned && Date.now() - Date.parse(since) < patienceMs) return;
    this.#say(`wait ${name}`, dimmed(this.#voice, `${name}: ${detail}`));
  }

  #quietMs(): number {
    return Date.now() - this.#lastSaidMs;
  }

  #say(what: string, text: string): void {
    if (this.#said.has(what)) return;
    this.#said.add(what);
    this.#lastSaidMs = Date.now();
    this.#voice.line(text);
  }
}

/** As they ended, which on the way back is the other way round. */
function inOrder(steps: readonly StepProgress[]): StepProgress[] {
  return steps.toSorted((a, b) => (a.endedAt ?? a.startedAt).localeCompare(b.endedAt ?? b.startedAt));
}

function dimmed({ paint }: Voice, text: string): string {
  return `    ${paint('dim', `… ${text}`)}`;
}

function tookOf({ startedAt, endedAt }: StepProgress): string {
  return endedAt === undefined ? '' : seconds(Date.parse(endedAt) - Date.parse(startedAt));
}
