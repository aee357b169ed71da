import { randomUUID } from 'node:crypto';
import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { expect, inject, test } from 'vitest';
import { makeKey, makeUser, owner } from '../support/aws/places.ts';

// What test/support/aws/README.md says is corrected, where no connector's test would notice its absence.

test('a plain GetSecretValue gives the version labelled AWSCURRENT', async () => {
  const { secrets } = owner();
  const { Name, VersionId: first } = await secrets.createSecret({ Name: randomUUID(), SecretString: 'one' });
  const { VersionId: second } = await secrets.putSecretValue({ SecretId: Name, SecretString: 'two' });
  await secrets.updateSecretVersionStage({
    SecretId: Name,
    VersionStage: 'AWSCURRENT',
    MoveToVersionId: first,
    RemoveFromVersionId: second,
  });
  expect(await secrets.getSecretValue({ SecretId: Name })).toMatchObject({ SecretString: 'one', VersionId: first });
});

test('a token that is used again: the same content changes nothing, another is refused', async () => {
  const { secrets } = owner();
  const token = randomUUID();
  const { Name: SecretId } = await secrets.createSecret({ Name: randomUUID() });
  const put = (SecretString: string) =>
    secrets.putSecretValue({ SecretId, SecretString, ClientRequestToken: token, VersionStages: ['AWSPENDING'] });
  await put('one');
  expect(await put('one')).toMatchObject({ VersionId: token });
  await expect(put('two')).rejects.toMatchObject({ name: 'ResourceExistsException' });
  expect(await secrets.getSecretValue({ SecretId, VersionId: token })).toMatchObject({ SecretString: 'one' });
});

test('services of the JSON protocol refuse in their own words', async () => {
  const user = await makeUser('reader');
  const key = await makeKey(user);
  const { endpoint, region } = inject('aws');
  const read = (secret: string) =>
    new SecretsManager({ endpoint, region, credentials: { accessKeyId: key.id, secretAccessKey: secret } })
      .getSecretValue({ SecretId: 'any' })
      .catch((error: Error) => error.name);
  expect(await read(key.secret)).toBe('AccessDeniedException');
  expect(await read('wrong')).toBe('InvalidSignatureException');
  await owner().iam.updateAccessKey({ UserName: user, AccessKeyId: key.id, Status: 'Inactive' });
  expect(await read(key.secret)).toBe('UnrecognizedClientException');
});
