import type {
  Approve,
  AttestMessage,
  Decision,
  HandIn,
  KeyId,
  Proceed,
  Request,
  VersionId,
} from '../contract/index.ts';

/** What people and consumers have said and the rotation has not yet acted on. Filled by the message handlers. */
export interface Inbox {
  requests: Request[];
  /** The last that was said by each consumer's instance of each key, as it was said in time. */
  readonly attestations: readonly AttestMessage[];
  /** The same, by consumer, instance and key. */
  readonly said: Map<string, AttestMessage>;
  approvals: Approve[];
  /** The value to put into use. */
  handedIn?: HandIn | undefined;
  rejection?: Decision;
  rollBack?: Decision;
  /** By the name of the wait. */
  waivers: Map<string, Decision>;
  /** An answer to a quarantine. */
  retry?: Decision;
  resolvedBy?: Decision;
}

export function newInbox(requests: readonly Request[]): Inbox {
  const said = new Map<string, AttestMessage>();
  return {
    requests: [...requests],
    get attestations() {
      return [...said.values()];
    },
    said,
    approvals: [],
    waivers: new Map(),
  };
}

/** @returns false for one that is known already. */
export function addRequest(inbox: Inbox, request: Request): boolean {
  if (inbox.requests.some((known) => known.id === request.id)) return false;
  inbox.requests.push(request);
  return true;
}

/** One attestation per consumer, instance and key; a later one replaces it, and is the last then. */
export function addAttestation(inbox: Inbox, message: AttestMessage): void {
  const { consumer, instance, keyId, version } = message;
  const name = JSON.stringify([consumer, instance, keyId, version]);
  inbox.said.delete(name);
  inbox.said.set(name, message);
}

/** What was said of this key before says nothing of what is in use from now on. */
export function forgetAttested(inbox: Inbox, { keyId, version }: { keyId: KeyId; version: VersionId }): void {
  for (const [name, said] of inbox.said) {
    if (said.keyId === keyId || said.version === version) inbox.said.delete(name);
  }
}

/** @returns the wait that is meant, or why none is. */
export function waitMeant(waiting: readonly string[], message: Proceed): { wait: string } | { refused: string } {
  if (waiting.length === 0) return { refused: 'nothing is waiting that could be skipped or waived' };
  if (message.wait !== undefined) {
    return waiting.includes(message.wait)
      ? { wait: message.wait }
      : { refused: `not waiting for "${message.wait}"; waiting for: ${waiting.join(', ')}` };
  }
  const [only, ...others] = waiting;
  if (only === undefined || others.length > 0) return { refused: `say which wait: ${waiting.join(', ')}` };
  return { wait: only };
}
