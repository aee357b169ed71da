import { KeyturnError, type Version, type VersionId } from '../../../contract/index.ts';
import { isNamed, labels, look, type Place, type Standing } from './standing.ts';

/**
 * AWS itself moves AWSCURRENT only from the version that is named, and AWSPREVIOUS to that version.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html
 */
export async function moveCurrent(place: Place, to: VersionId, expected: VersionId): Promise<Version> {
  const standing = await look(place);
  if (standing.current !== to) await move(place, standing, to, expected);
  await takeLabel(place, to, labels.pending);
  return { id: to };
}

async function move(place: Place, standing: Standing, to: VersionId, expected: VersionId): Promise<void> {
  const { client, config, ctx } = place;
  if (standing.current !== expected) throw changed(place, standing, to, expected);
  // A version without labels has been destroyed, as far as it can be: a late call must not bring it back.
  if (standing.labelsOf(to).length === 0) {
    throw new KeyturnError('not-found', `secret ${config.secret} has no version ${to} with a staging label`);
  }
  try {
    await client.updateSecretVersionStage(
      {
        SecretId: config.secret,
        VersionStage: labels.current,
        MoveToVersionId: to,
        RemoveFromVersionId: expected,
      },
      { abortSignal: ctx.cancelled },
    );
  } catch (error) {
    if (!isNamed(error, 'InvalidParameterException', 'InvalidRequestException')) throw error;
    const now = await look(place);
    if (now.current === to) return;
    throw now.current === expected ? error : changed(place, now, to, expected, error);
  }
}

function changed(
  { config }: Place,
  standing: Standing,
  to: VersionId,
  expected: VersionId,
  cause?: unknown,
): KeyturnError {
  return new KeyturnError(
    'conflict',
    `secret ${config.secret}: AWSCURRENT is on ${standing.current}, neither on ${expected} nor on ${to}`,
    { fix: 'Somebody else changed the secret. Inspect it, then start the rotation again.', cause },
  );
}

/**
 * Takes away the labels that a rotation gives. What others attached stays; the value stays too, until AWS deletes the version:
 * it has no call for that.
 * @throws KeyturnError `conflict` for the current version.
 */
export async function destroy(place: Place, version: VersionId): Promise<void> {
  const standing = await look(place);
  if (standing.current === version) {
    throw new KeyturnError(
      'conflict',
      `secret ${place.config.secret}: version ${version} is AWSCURRENT and cannot be destroyed`,
    );
  }
  for (const label of [labels.pending, labels.previous, labels.ours]) await takeLabel(place, version, label);
}

/** Already taken is success. */
async function takeLabel(place: Place, version: VersionId, label: string): Promise<void> {
  const { client, config, ctx } = place;
  const has = async () => (await look(place)).labelsOf(version).includes(label);
  if (!(await has())) return;
  try {
    await client.updateSecretVersionStage(
      { SecretId: config.secret, VersionStage: label, RemoveFromVersionId: version },
      { abortSignal: ctx.cancelled },
    );
  } catch (error) {
    if (!isNamed(error, 'InvalidParameterException', 'InvalidRequestException') || (await has())) throw error;
  }
}
