import type { protos } from '@google-cloud/secret-manager';
import { page, secretFilter, versionFilter } from './lists.ts';
import type { SecretChange, SecretRecord } from './records.ts';
import type { Secrets } from './secrets.ts';
import { accessVersion, addVersion, destroyVersion, type Payload, setEnabled } from './versions.ts';

type Messages = typeof protos.google.cloud.secretmanager.v1;
type Request<Name extends keyof Messages> = Messages[Name] extends { new (...args: never[]): infer Message }
  ? Message
  : never;

/** One method: what it needs, on what, and what it does. Requests come with their defaults filled in. */
export interface Method {
  permission: string;
  resource(request: never): string;
  run(request: never): object;
}

type Named = { name: string };
type Etagged = Named & { etag: string };

const byName = (request: Named) => request.name;
const byParent = (request: { parent: string }) => request.parent;

/** The methods of google.cloud.secretmanager.v1.SecretManagerService that this double has. */
export function secretManager(secrets: Secrets): Record<string, Method> {
  return { ...secretMethods(secrets), ...versionMethods(secrets) };
}

function secretMethods(secrets: Secrets): Record<string, Method> {
  return {
    CreateSecret: {
      permission: 'secretmanager.secrets.create',
      resource: byParent,
      run: (request: Request<'CreateSecretRequest'>) =>
        secrets.create(request.parent, request.secretId, (request.secret ?? {}) as Partial<SecretRecord>),
    },
    GetSecret: {
      permission: 'secretmanager.secrets.get',
      resource: byName,
      run: (request: Named) => secrets.seen(request.name),
    },
    UpdateSecret: {
      permission: 'secretmanager.secrets.update',
      resource: (request: Request<'UpdateSecretRequest'>) => request.secret?.name ?? '',
      run: (request: Request<'UpdateSecretRequest'>) =>
        secrets.update((request.secret ?? {}) as SecretChange, request.updateMask?.paths ?? []),
    },
    ListSecrets: {
      permission: 'secretmanager.secrets.list',
      resource: byParent,
      run: (request: Request<'ListSecretsRequest'>) => {
        const { items, ...rest } = page(secrets.list(request.parent).filter(secretFilter(request.filter)), request);
        return { secrets: items, ...rest };
      },
    },
    DeleteSecret: {
      permission: 'secretmanager.secrets.delete',
      resource: byName,
      run: (request: Etagged) => {
        secrets.delete(request.name, request.etag);
        return {};
      },
    },
  };
}

function versionMethods(secrets: Secrets): Record<string, Method> {
  return {
    AddSecretVersion: {
      permission: 'secretmanager.versions.add',
      resource: byParent,
      run: (request: Request<'AddSecretVersionRequest'>) =>
        addVersion(secrets, request.parent, (request.payload ?? { data: Buffer.alloc(0) }) as Payload),
    },
    AccessSecretVersion: {
      permission: 'secretmanager.versions.access',
      resource: byName,
      run: (request: Named) => accessVersion(secrets, request.name),
    },
    GetSecretVersion: {
      permission: 'secretmanager.versions.get',
      resource: byName,
      run: (request: Named) => secrets.version(request.name, 'seen'),
    },
    ListSecretVersions: {
      permission: 'secretmanager.versions.list',
      resource: byParent,
      run: (request: Request<'ListSecretVersionsRequest'>) => {
        const all = secrets.seen(request.parent).versions.toReversed();
        const { items, ...rest } = page(all.filter(versionFilter(request.filter)), request);
        return { versions: items, ...rest };
      },
    },
    DisableSecretVersion: {
      permission: 'secretmanager.versions.disable',
      resource: byName,
      run: (request: Etagged) => setEnabled(secrets, request.name, request.etag, false),
    },
    EnableSecretVersion: {
      permission: 'secretmanager.versions.enable',
      resource: byName,
      run: (request: Etagged) => setEnabled(secrets, request.name, request.etag, true),
    },
    DestroySecretVersion: {
      permission: 'secretmanager.versions.destroy',
      resource: byName,
      run: (request: Etagged) => destroyVersion(secrets, request.name, request.etag),
    },
  };
}
