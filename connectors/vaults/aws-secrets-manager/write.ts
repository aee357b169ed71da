import { createHash } from 'node:crypto';
import { KeyturnError, type Secret, type Version, type VersionId } from '../../../contract/index.ts';
import { fetchValue, isNamed, labels, look, type Place, type Standing } from './standing.ts';

/**
 * Stores under our own label first, which takes nothing from anyone, and then attaches AWSPENDING without naming a version to
 * take it from: AWS refuses that where another version has it. So neither step can overwrite what was not seen.
 * The first version of a secret gets AWSCURRENT from AWS itself.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
 */
export async function write(place: Place, value: Secret, expected: VersionId | 'absent'): Promise<Version> {
  const standing = await look(place);
  const known = await alreadyThere(place, standing, value);
  if (known) return known;
  refuseChanged(place, standing, expected);
  if (standing.pending) throw foreignPending(place, standing.pending);
  const { id, isCurrent } = await store(place, value);
  if (isCurrent) return { id };
  const after = await look(place);
  refuseChanged(place, after, expected);
  await attachPending(place, after, id);
  return { id };
}

async function alreadyThere(place: Place, standing: Standing, value: Secret): Promise<Version | undefined> {
  for (const id of [standing.pending, standing.current]) {
    if (id === undefined || id === 'absent') continue;
    const held = await fetchValue(place, { VersionId: id });
    if (held !== 'absent' && held.value.equals(value)) return held.version;
  }
  return undefined;
}

function refuseChanged({ config }: Place, standing: Standing, expected: VersionId | 'absent'): void {
  if (standing.current !== expected) {
    throw new KeyturnError(
      'conflict',
      `secret ${config.secret}: AWSCURRENT is on ${standing.current}, and ${expected} was expected`,
      { fix: 'Somebody else changed the secret. Inspect it, then start the rotation again.' },
    );
  }
}

/** The same rotation, secret and value always have the same token, so a repeated call adds no version. */
async function store({ client, config, ctx }: Place, value: Secret): Promise<{ id: VersionId; isCurrent: boolean }> {
  const token = uuidOf([ctx.rotation ?? '', config.secret, await ctx.fingerprint(value)]);
  const stored = await client.putSecretValue(
    {
      SecretId: config.secret,
      SecretString: value.reveal(),
      ClientRequestToken: token,
      VersionStages: [labels.ours],
    },
    { abortSignal: ctx.cancelled },
  );
  return { id: stored.VersionId ?? token, isCurrent: stored.VersionStages?.includes(labels.current) ?? false };
}

async function attachPending(place: Place, standing: Standing, id: VersionId): Promise<void> {
  const { client, config, ctx } = place;
  const takenFrom = standing.pendingOnCurrent ? { RemoveFromVersionId: standing.current } : {};
  if (standing.pending === id) return;
  try {
    await client.updateSecretVersionStage(
      { SecretId: config.secret, VersionStage: labels.pending, MoveToVersionId: id, ...takenFrom },
      { abortSignal: ctx.cancelled },
    );
  } catch (error) {
    if (!isNamed(error, 'InvalidParameterException', 'InvalidRequestException')) throw error;
    const { pending } = await look(place);
    if (pending === id) return;
    if (pending === undefined) throw error;
    throw foreignPending(place, pending, error);
  }
}

function foreignPending({ config }: Place, pending: VersionId, cause?: unknown): KeyturnError {
  return new KeyturnError(
    'conflict',
    `secret ${config.secret}: AWSPENDING is on ${pending}, which holds another value`,
    {
      fix: `Find out who rotates it. If nobody does: aws secretsmanager update-secret-version-stage --secret-id ${config.secret} --version-stage AWSPENDING --remove-from-version-id ${pending}`,
      cause,
    },
  );
}

/** A UUID (RFC 9562, version 8) that depends on all of the texts. */
function uuidOf(texts: readonly string[]): string {
  const bytes = createHash('sha256').update(JSON.stringify(texts)).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
