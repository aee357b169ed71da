import { type HandIn, handInSchema, KeyturnError, type SealedKey } from '../contract/index.ts';
import { compromisedAt } from './compromise.ts';
import { hasAccepters } from './consumers.ts';
import { tellPeople } from './notices.ts';
import { whyNotHandIn } from './possible.ts';
import { refuse, valid } from './refusals.ts';
import { type Run, step } from './run.ts';
import { attendTo, decide } from './waiting.ts';

/**
 * A value that a person has made, or knows to be good, takes the place of one that is minted or chosen. It is Keyturn's to put into use, and
 * not to remove: what it did not make it leaves at the provider.
 */

const wait = 'value';

/** Waits for as long as it takes: nothing has been touched, and whoever asked can turn back. */
export async function untilHandedIn(run: Run, { where = 'its provider' }: { where?: string }): Promise<void> {
  const { id } = run.credential;
  const detail = `until a person hands the new value in: keyturn hand-in ${id}`;
  void tellPeople(run, wait, {
    kind: 'value wanted',
    text: `${id} is to be rotated, and its keys are made by hand: it waits for a new value`,
    todo: [`make a new key at ${where}`, `keyturn hand-in ${id}`, `or leave it as it is: keyturn rollback ${id}`],
  });
  await attendTo(run, { name: wait, detail }, () => run.inbox.handedIn !== undefined);
}

/** @returns undefined where nobody handed anything in. */
export async function takenIn(run: Run): Promise<SealedKey | undefined> {
  return run.inbox.handedIn && takeIn(run, run.inbox.handedIn);
}

async function takeIn(run: Run, handedIn: HandIn): Promise<SealedKey> {
  const trying = step(run, 'try the value handed in');
  const taken = await trying.takeIn({ job: run.job, handedIn, untold: hasAccepters(run) });
  run.handedInKey = taken.key.id;
  return taken;
}

/** The same again is heard: its first answer may have been lost. */
export function mayHandIn(run: Run, message: HandIn): void {
  valid(handInSchema, message);
  if (run.inbox.handedIn?.id === message.id) return;
  if (run.leftAside.has(message.id)) refuse(run, 'this value was handed in before the compromise: make a new one');
  const why = whyNotHandIn(run);
  if (why !== undefined) refuse(run, why);
}

/** Tried before it is taken: a value that does not work ends nothing. @throws KeyturnError `invalid` for one. */
export async function handIn(run: Run, message: HandIn): Promise<void> {
  const { inbox, track } = run;
  if (inbox.handedIn?.id === message.id) return;
  const leakedAt = compromisedAt(inbox.requests);
  await tried(run, message);
  if (compromisedAt(inbox.requests) !== leakedAt) refuse(run, 'a compromise has come meanwhile: make a new key');
  if (!track.waits.has(wait) || inbox.handedIn) refuse(run, 'it no longer waits for a value');
  inbox.handedIn = message;
}

async function tried(run: Run, message: HandIn): Promise<void> {
  try {
    await takeIn(run, message);
  } catch (error) {
    if (!(error instanceof KeyturnError) || error.fix !== undefined) throw error;
    const fix =
      'nothing was taken, and the rotation still waits: see that it can be reached, then hand the value in again';
    throw new KeyturnError(error.kind, error.message, { fix });
  }
}

/** Who has handed in which key, for the audit. */
export function noteHandedIn(run: Run): void {
  const { handedIn } = run.inbox;
  const key = run.baseline?.handedIn?.key;
  if (!handedIn || !key) return;
  const { id, sealed: _sealed, ...decision } = handedIn;
  decide(run, 'handIn', decision, { keyId: key.id, request: id });
}
