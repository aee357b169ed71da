import { z } from 'zod';
import type { Attestation, Change } from '../../../contract/index.ts';
import { attestationStatuses, KeyturnError, line } from '../../../contract/index.ts';

/** Raised when a field changes its meaning; a new field does not raise it. */
const schemaVersion = 1;
const messageType = 'credential.change';

/** The most that is read of an answer. */
export const answerBytesMax = 1_048_576;
const attestationsMax = 5_000;

const answerSchema = z.object({
  attestations: z
    .array(
      z
        .object({
          instance: line(256),
          target: line(256),
          key_id: line(512).optional(),
          version: line(512).optional(),
          status: z.enum(attestationStatuses),
          reason: line(1_000).optional(),
        })
        .refine((one) => one.key_id !== undefined || one.version !== undefined, 'key_id or version'),
    )
    .max(attestationsMax)
    .default([]),
});

const changeSchema = z.object({
  schema_version: z.literal(schemaVersion),
  type: z.literal(messageType),
  data: z.object({
    delivery_id: z.string(),
    rotation: z.string(),
    credential: z.string(),
    target: z.string(),
    verb: z.enum(['use', 'accept', 'drop']),
    key_id: z.string(),
    version: z.string(),
    previous_key_id: z.string(),
    instances: z.number(),
  }),
});

/** The body of a delivery; the same bytes for every repetition. */
export function changeJson(change: Change): string {
  const message: z.infer<typeof changeSchema> = {
    schema_version: schemaVersion,
    type: messageType,
    data: {
      delivery_id: change.deliveryId,
      rotation: change.rotation,
      credential: change.credential,
      target: change.target,
      verb: change.verb,
      key_id: change.keyId,
      version: change.version,
      previous_key_id: change.previous,
      instances: change.instances,
    },
  };
  return JSON.stringify(message);
}

/** @throws KeyturnError `invalid` for a body that is not a change of this schema version. */
export function readChange(body: string): Change {
  const { data } = parse('the delivery', changeSchema, body);
  return {
    deliveryId: data.delivery_id,
    rotation: data.rotation,
    credential: data.credential,
    target: data.target,
    verb: data.verb,
    keyId: data.key_id,
    version: data.version,
    previous: data.previous_key_id,
    instances: data.instances,
  };
}

/** The status URL with the question in its query, after what the catalog has there already. */
export function statusUrlFor(statusUrl: string, change: Change): URL {
  const url = new URL(statusUrl);
  url.searchParams.set('credential', change.credential);
  url.searchParams.set('target', change.target);
  url.searchParams.set('rotation', change.rotation);
  url.searchParams.set('verb', change.verb);
  url.searchParams.set('key_id', change.keyId);
  return url;
}

/** @throws KeyturnError `invalid` naming the place in the answer, never what stands there. */
export function readAttestations(body: string, target: string): Attestation[] {
  if (body.trim() === '') return [];
  const { attestations } = parse("the consumer's answer", answerSchema, body);
  return attestations.map(({ key_id: keyId, version, reason, ...rest }, at) => {
    if (rest.target !== target) throw badAnswer(`attestations.${at}.target`, `the target ${target}`);
    return {
      ...rest,
      ...(keyId === undefined ? {} : { keyId }),
      ...(version === undefined ? {} : { version }),
      ...(reason === undefined ? {} : { reason }),
    };
  });
}

/** What an application answers with: a delivery, or a question for its status. */
export function attestationsJson(attestations: readonly Attestation[]): string {
  return JSON.stringify({ attestations: attestations.map(({ keyId, ...rest }) => ({ ...rest, key_id: keyId })) });
}

function parse<T>(what: string, schema: z.ZodType<T>, body: string): T {
  let data: unknown;
  try {
    data = JSON.parse(body);
  } catch {
    throw new KeyturnError('invalid', `${what} is not JSON`);
  }
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new KeyturnError(
    'invalid',
    `${what} is not as agreed at '${issue?.path.join('.') || 'the top'}': ${issue?.message}`,
  );
}

function badAnswer(path: string, expected: string): KeyturnError {
  return new KeyturnError('invalid', `the consumer's answer is not as agreed at '${path}': expected ${expected}`);
}
