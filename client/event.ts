import { defaultPayloadConverter } from '@temporalio/common';
import type proto from '@temporalio/proto';

/** One event of a workflow's history, as the server has it. */
export type Event = proto.temporal.api.history.v1.IHistoryEvent;
type Payload = proto.temporal.api.common.v1.IPayload;
type Failure = proto.temporal.api.failure.v1.IFailure;
type Time = Event['eventTime'];

export function instantOf(time: Time): string {
  const ms = Number(time?.seconds ?? 0) * 1_000 + Math.floor((time?.nanos ?? 0) / 1_000_000);
  return new Date(ms).toISOString();
}

export function atOf({ eventTime }: Pick<Event, 'eventTime'>): string {
  return instantOf(eventTime);
}

/** @returns undefined for what is not there, and for what is no plain data. */
export function decoded(payload: Payload | null | undefined): unknown {
  if (!payload) return undefined;
  try {
    return defaultPayloadConverter.fromPayload(payload);
  } catch {
    return undefined;
  }
}

export function decodedAll(input: { payloads?: Payload[] | null } | null | undefined): unknown[] {
  return (input?.payloads ?? []).map(decoded);
}

/** The line for people that whoever started it gave to it. */
export function summaryOf({ userMetadata }: Event): string | undefined {
  const summary = decoded(userMetadata?.summary);
  return typeof summary === 'string' && summary !== '' ? summary : undefined;
}

/** With its causes: of what took too long, the cause says what was tried last. */
export function failureText(failure: Failure | null | undefined): string | undefined {
  if (!failure) return undefined;
  const { applicationFailureInfo, cause, message } = failure;
  const kind = applicationFailureInfo?.type ? ` (${applicationFailureInfo.type})` : '';
  const below = failureText(cause);
  return `${message}${kind}${below === undefined ? '' : `: ${below}`}`;
}
