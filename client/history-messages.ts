import {
  type AttestMessage,
  approveSchema,
  attestMessageSchema,
  type Instant,
  proceedSchema,
  requestSchema,
} from '../contract/index.ts';
import { atOf, decodedAll, type Event, failureText } from './event.ts';

/** What somebody said to the rotation. */
export interface Said {
  at: Instant;
  verb: string;
  by: string;
  /** Where they sat, as they said it. */
  from?: string;
  reason?: string;
  /** Of a request. */
  id?: string;
  urgency?: string;
  /** Of an approval. */
  planHash?: string;
  /** Of `proceed`: what it is that need not be waited for any more. */
  wait?: string;
  /** Why it was not taken. */
  refused?: string;
  /** Of consumers: how many attestations in a row said the same. */
  times?: number;
}

export function saidIn(events: readonly Event[]): Said[] {
  const answers = answersIn(events);
  const said: Said[] = [];
  for (const event of events) {
    const one = signalIn(event) ?? updateIn(event, answers) ?? cancellationIn(event);
    if (!one) continue;
    const before = said.at(-1);
    if (one.times !== undefined && before && isSame(before, one)) before.times = (before.times ?? 0) + 1;
    else said.push(one);
  }
  return said;
}

function signalIn(event: Event): Said | undefined {
  const { workflowExecutionSignaledEventAttributes: signal } = event;
  const [message] = decodedAll(signal?.input);
  const at = atOf(event);
  if (signal?.signalName === 'request') {
    const { data } = requestSchema.safeParse(message);
    return data && { ...data, at, verb: 'request' };
  }
  if (signal?.signalName !== 'attest') return undefined;
  const { data } = attestMessageSchema.safeParse(message);
  return data && { at, verb: 'attest', ...attested(data), times: 1 };
}

function attested({ consumer, keyId, reason, status, version }: AttestMessage): Pick<Said, 'by' | 'reason'> {
  const of = keyId ?? `version ${version}`;
  return { by: consumer, reason: `${status} ${of}${reason === undefined ? '' : `: ${reason}`}` };
}

function isSame(before: Said, now: Said): boolean {
  return before.verb === now.verb && before.by === now.by && before.reason === now.reason;
}

const messageSchema = approveSchema.partial({ planHash: true }).extend(proceedSchema.shape);

/** Those that the rotation could not take stand in no history. */
function updateIn(event: Event, answers: ReadonlyMap<string, Answer>): Said | undefined {
  const { input } = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest ?? {};
  const { data } = messageSchema.safeParse(decodedAll(input?.args)[0]);
  if (!input?.name || !data) return undefined;
  const { refused, said } = answers.get(`${event.eventId}`) ?? {};
  // It answers which wait it was: who says `proceed` need not name the only one.
  const wait = input.name === 'proceed' && typeof said === 'string' ? { wait: said } : {};
  return { ...data, at: atOf(event), verb: input.name, ...wait, ...(refused !== undefined && { refused }) };
}

/** `refused`: it was taken, and then turned out not to be possible. */
interface Answer {
  said?: unknown;
  refused?: string;
}

/** By the event of the update's acceptance. */
function answersIn(events: readonly Event[]): Map<string, Answer> {
  const answers = new Map<string, Answer>();
  for (const { workflowExecutionUpdateCompletedEventAttributes: completed } of events) {
    if (!completed) continue;
    const refused = failureText(completed.outcome?.failure);
    const [said] = decodedAll(completed.outcome?.success);
    answers.set(`${completed.acceptedEventId}`, refused === undefined ? { said } : { refused });
  }
  return answers;
}

function cancellationIn(event: Event): Said | undefined {
  const { workflowExecutionCancelRequestedEventAttributes: cancel } = event;
  return cancel ? { at: atOf(event), verb: 'cancel', by: cancel.identity || 'somebody' } : undefined;
}
