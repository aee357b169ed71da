import type {
  Attestation,
  AttestMessage,
  Change,
  ChangeVerb,
  CredentialConsumer,
  Decision,
  KeyId,
} from '../contract/index.ts';
import { KeyturnError } from '../contract/index.ts';
import { isByDeadline, isCompromised } from './compromise.ts';
import { addAttestation } from './inbox.ts';
import { baselineOf, brief, instant, type KeyOf, known, patient, type Run } from './run.ts';
import { attend, together } from './waiting.ts';

/** What became of one consumer: which of its instances attested, or who waived it. */
export interface Heard {
  consumer: string;
  instances: string[];
  waivedBy?: string;
}

const users = (run: Run) => run.credential.consumers.filter((consumer) => consumer.role === 'uses');
const accepters = (run: Run) => run.credential.consumers.filter((consumer) => consumer.role === 'accepts');

export function hasAccepters(run: Run): boolean {
  return accepters(run).length > 0;
}

/** Canaries of every consumer first; the others only when these have attested. */
export async function tellUsers(run: Run, keyOf: KeyOf): Promise<Heard[]> {
  run.told = true;
  const tell = (consumer: CredentialConsumer, instances: number) => () =>
    tellAndHear(run, consumer, changeFor(run, consumer, 'use', keyOf(consumer.reads), instances));
  const canaries = users(run).filter(({ canary, instances }) => canary > 0 && canary < instances);
  await together(
    run,
    canaries.map((consumer) => tell(consumer, consumer.canary)),
  );
  const heard = await together(
    run,
    users(run).map((consumer) => tell(consumer, consumer.instances)),
  );
  run.attestedAt = instant(run);
  return heard;
}

/** Those who check a stored value are told of the new one while they keep the old. */
export async function tellAccepters(run: Run, keyId: KeyId): Promise<void> {
  run.accepting = true;
  await together(
    run,
    accepters(run).map(
      (consumer) => () => tellAndHear(run, consumer, changeFor(run, consumer, 'accept', keyId, consumer.instances)),
    ),
  );
}

export async function dropAtAccepters(run: Run, going: KeyId, staying: KeyId): Promise<void> {
  await together(
    run,
    accepters(run).map(
      (consumer) => () =>
        tellAndHear(run, consumer, changeFor(run, consumer, 'drop', staying, consumer.instances, going)),
    ),
  );
}

/** What every required consumer attests now; asks again where it can be asked. */
export async function confirmUsers(run: Run, keyOf: KeyOf): Promise<Heard[]> {
  const required = users(run).filter((consumer) => consumer.required);
  return together(
    run,
    required.map((consumer) => () => confirm(run, consumer, keyOf(consumer.reads))),
  );
}

async function confirm(run: Run, consumer: CredentialConsumer, keyId: KeyId): Promise<Heard> {
  const waived = run.waived.get(`${consumer.name}/${keyId}`);
  if (waived) return { consumer: consumer.name, instances: [], waivedBy: waived.by };
  const change = changeFor(run, consumer, 'use', keyId, consumer.instances);
  const heard = instancesHeard(run, consumer, change);
  if (heard.length >= consumer.instances && !run.askable.has(consumer.name)) {
    return { consumer: consumer.name, instances: heard };
  }
  if (heard.length < consumer.instances) return tellAndHear(run, consumer, change);
  return hear(run, consumer, change, true);
}

async function tellAndHear(run: Run, consumer: CredentialConsumer, change: Change): Promise<Heard> {
  if (!consumer.required) return tellInPassing(run, consumer, change);
  const wait = { name: `tell ${consumer.name}`, detail: `${consumer.name} to take the message`, ...late(run) };
  const told = await attend(run, wait, () =>
    patient(run, `tell ${consumer.name} to ${change.verb} ${change.keyId}`).tellConsumer({
      job: run.job,
      consumer,
      change,
    }),
  );
  if ('waivedBy' in told) {
    if (isByDeadline(told.waivedBy)) await tellUnheard(run, consumer, change);
    return waive(run, consumer, change.keyId, told.waivedBy);
  }
  if ('value' in told) {
    keep(run, consumer, told.value.attestations);
    if (told.value.askable) run.askable.add(consumer.name);
  }
  return hear(run, consumer, change, false);
}

/**
 * After the deadline its attestation is not waited for. It is told all the same, once and for the time of one attempt: its old key goes, and else
 * it would go on using that.
 */
async function tellUnheard(run: Run, consumer: CredentialConsumer, change: Change): Promise<void> {
  if (run.toldUnheard.has(change.deliveryId)) return;
  run.toldUnheard.add(change.deliveryId);
  await tellInPassing(run, consumer, change);
}

/** One that is not required is told, and decides nothing: neither its silence nor its answer. */
async function tellInPassing(run: Run, consumer: CredentialConsumer, change: Change): Promise<Heard> {
  const name = `tell ${consumer.name}, ${consumer.required ? 'after the deadline' : 'not required'}, to ${change.verb} ${change.keyId}`;
  try {
    await brief(run, name).tellConsumer({ job: run.job, consumer, change });
  } catch (error) {
    if (!(error instanceof KeyturnError)) throw error;
    run.engine.log(`${consumer.name} was not told`, { error: error.message });
  }
  return { consumer: consumer.name, instances: [] };
}

/** Waits for the consumer's instances. Silence is never a failure; one that says the key fails is. */
async function hear(run: Run, consumer: CredentialConsumer, change: Change, afresh: boolean): Promise<Heard> {
  const enough = () => instancesHeard(run, consumer, change).length >= change.instances;
  let due = afresh;
  while (due || !enough()) {
    failOn(run, consumer, change);
    // Asked afresh, all instances have to be in the one answer.
    const count = due ? change.instances - 1 : instancesHeard(run, consumer, change).length;
    due = false;
    const wait = {
      name: `consumer ${consumer.name}`,
      detail: `${count} of ${change.instances} instances of ${consumer.name} attest ${change.verb} of ${change.keyId} (version ${change.version})`,
      ...late(run),
      woken: () => instancesHeard(run, consumer, change).length > count || failing(run, consumer, change) !== undefined,
    };
    if (run.askable.has(consumer.name)) {
      const got = await attend(run, wait, () =>
        patient(run, `hear ${consumer.name}`).hearConsumer({ job: run.job, consumer, change, known: count }),
      );
      if ('waivedBy' in got) return waive(run, consumer, change.keyId, got.waivedBy);
      if ('value' in got) keep(run, consumer, got.value);
    } else {
      const got = await attend(run, wait, () => run.engine.condition(() => false));
      if ('waivedBy' in got) return waive(run, consumer, change.keyId, got.waivedBy);
    }
  }
  failOn(run, consumer, change);
  return { consumer: consumer.name, instances: instancesHeard(run, consumer, change) };
}

function late(run: Run): { lateAfterMs: number } {
  return { lateAfterMs: run.credential.refreshWithinMs };
}

function waive(run: Run, consumer: CredentialConsumer, keyId: KeyId, by: Decision): Heard {
  if (!isByDeadline(by)) run.waived.set(`${consumer.name}/${keyId}`, by);
  return { consumer: consumer.name, instances: [], waivedBy: by.by };
}

function keep(run: Run, consumer: CredentialConsumer, attestations: readonly Attestation[]): void {
  for (const { instance, keyId, version, status, reason } of attestations) {
    addAttestation(run.inbox, { consumer: consumer.name, instance, keyId, version, status, reason });
  }
}

/** Is this said of the key that the change is about? For `drop` that is the one that goes. */
function about(change: Change, said: AttestMessage): boolean {
  if (change.verb === 'drop') return said.keyId === change.previous;
  return said.keyId === change.keyId || (said.keyId === undefined && said.version === change.version);
}

function saidBy(run: Run, consumer: CredentialConsumer, change: Change): AttestMessage[] {
  return run.inbox.attestations.filter((said) => said.consumer === consumer.name && about(change, said));
}

function instancesHeard(run: Run, consumer: CredentialConsumer, change: Change): string[] {
  if (change.verb === 'use') return instancesUsing(run, consumer, change);
  const wanted = change.verb === 'drop' ? 'dropped' : 'loaded';
  const said = saidBy(run, consumer, change).filter((each) => each.status === wanted);
  return [...new Set(said.map((each) => each.instance))];
}

/** What an instance uses is what it has loaded last: what it said before is no evidence any more. */
function instancesUsing(run: Run, consumer: CredentialConsumer, change: Change): string[] {
  const last = new Map<string, AttestMessage>();
  for (const said of run.inbox.attestations) {
    if (said.consumer === consumer.name && said.status === 'loaded') last.set(said.instance, said);
  }
  return [...last].filter(([, said]) => about(change, said)).map(([instance]) => instance);
}

function failing(run: Run, consumer: CredentialConsumer, change: Change): AttestMessage | undefined {
  // Of a compromise nothing goes back: one that cannot use the new key is a laggard.
  if (isCompromised(run)) return undefined;
  return saidBy(run, consumer, change).find((said) => said.status === 'failed');
}

function failOn(run: Run, consumer: CredentialConsumer, change: Change): void {
  const failed = failing(run, consumer, change);
  if (!failed) return;
  const why = failed.reason === undefined ? '' : `: ${failed.reason}`;
  throw new KeyturnError('invalid', `${consumer.name} ${failed.instance} says that ${change.keyId} fails${why}`, {
    fix: 'see the log of that instance; then rotate again',
  });
}

function changeFor(
  run: Run,
  consumer: CredentialConsumer,
  verb: ChangeVerb,
  keyId: KeyId,
  instances: number,
  previous?: KeyId,
): Change {
  const { oldKey, knownGood } = baselineOf(run);
  const target = consumer.reads;
  const served = known(knownGood.get(target), `the known-good of ${target}`);
  const mine = run.newKey?.key.id === keyId;
  const latest = run.current.get(target) ?? run.written.get(target);
  const version = (verb === 'accept' ? run.written.get(target) : latest) ?? served.version;
  const other = mine ? oldKey.id : (run.newKey?.key.id ?? oldKey.id);
  return {
    deliveryId: `${run.job.rotation}/${consumer.name}/${verb}/${keyId}/${instances}`,
    rotation: run.job.rotation,
    credential: run.credential.id,
    target,
    verb,
    keyId,
    version,
    previous: previous ?? other,
    instances,
  };
}
