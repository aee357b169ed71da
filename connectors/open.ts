import { createHmac } from 'node:crypto';
import type {
  Consumer,
  Context,
  CredentialConsumer,
  CredentialId,
  Job,
  KeyFields,
  KeyId,
  KeyValue,
  Provider,
  ProviderPowers,
  Secret,
  SecretRef,
  Stored,
  Target,
  Vault,
  VaultPowers,
} from '../contract/index.ts';
import { KeyturnError, Secret as SecretValue, secretRefSchema } from '../contract/index.ts';
import { auditEffects } from './audit/effects.ts';
import type { Attempt, Deps } from './deps.ts';
import { type Guard, guardConsumer, guardProvider, guardVault, secretParts } from './guard.ts';
import { Redactor } from './redact.ts';
import { readShape, writeShape } from './shapes/index.ts';

/** What one attempt of an activity works with: connectors opened for its credential, each behind its guard. */
export interface Bench {
  deps: Deps;
  job: Job;
  attempt: Attempt;
  ctx: Context;
  guard: Guard;
  /** Goes into the audit with the intent of every effect of this attempt. */
  notes: Record<string, unknown>;
}

export function bench(deps: Deps, job: Job, notes: Record<string, unknown> = {}): Bench {
  const attempt = deps.attempt();
  const redactor = new Redactor();
  const about = { credential: job.credential.id, rotation: job.rotation };
  const ctx = contextFor(deps, about, attempt, redactor);
  const effects = auditEffects({
    sink: deps.sink,
    credential: job.credential.id,
    rotation: job.rotation,
    call: attempt.call,
    attempt: attempt.number,
    now: () => attempt.now(),
    notes,
  });
  const { paces } = deps;
  return { deps, job, attempt, ctx, guard: { ctx, redactor, effects, ...(paces && { paces }) }, notes };
}

export interface OpenProvider {
  provider: Provider;
  powers: ProviderPowers;
  fields: KeyFields;
}

export async function openProvider(on: Bench): Promise<OpenProvider> {
  const { provider: declared } = on.job.credential;
  const connector = await on.deps.loadProvider(declared.type);
  const config = parse(connector.schema, declared, `provider ${declared.type}`);
  return {
    provider: guardProvider(on.guard, connector, config),
    powers: connector.powers(config),
    fields: connector.fields(config),
  };
}

export interface OpenTarget {
  vault: Vault;
  powers: VaultPowers;
  /** The key's value out of what stands in the target. */
  value(stored: Stored): KeyValue;
  /** What has to stand in the target for this value: all else of the document is kept. */
  document(value: KeyValue, before: Secret): Secret;
}

/** @param keyId what will be written or moved, for the audit. */
export async function openTarget(on: Bench, target: Target, fields: KeyFields, keyId?: KeyId): Promise<OpenTarget> {
  const { name, value: shape, ...located } = target;
  const connector = await on.deps.loadVault(target.vault);
  const config = parse(connector.schema, located, `target ${name}`);
  return {
    vault: guardVault(on.guard, connector, config, name, keyId),
    powers: connector.powers(config),
    value: (stored) => readShape(shape, stored.value, fields),
    document: (value, before) => writeShape(shape, before, value, fields),
  };
}

export async function openConsumer(on: Bench, consumer: CredentialConsumer): Promise<Consumer> {
  const {
    name,
    reads: _reads,
    instances: _instances,
    canary: _canary,
    required: _required,
    role: _role,
    ...own
  } = consumer;
  const connector = await on.deps.loadConsumer(consumer.type);
  return guardConsumer(on.guard, connector, parse(connector.schema, own, `consumer ${name}`), name);
}

/**
 * Resolves every reference that a consumer's declaration holds, and throws the values away.
 * @throws KeyturnError `invalid` naming the consumer and the reference.
 */
export async function checkReferences(on: Bench, consumer: CredentialConsumer): Promise<void> {
  for (const value of Object.values(consumer)) {
    const { success, data: ref } = secretRefSchema.safeParse(value);
    if (!success) continue;
    await on.ctx.resolve(ref).catch((error: unknown) => {
      if (!(error instanceof KeyturnError)) throw error;
      const fix = error.fix === undefined ? {} : { fix: error.fix };
      throw new KeyturnError(error.kind, `consumer ${consumer.name}: ${error.message}`, fix);
    });
  }
}

interface Schema<T> {
  safeParse(
    value: unknown,
  ): { success: true; data: T } | { success: false; error: { issues: { path: PropertyKey[]; message: string }[] } };
}

function parse<T>(schema: Schema<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new KeyturnError('invalid', `${what}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}`, {
    fix: 'correct the catalog and run `keyturn check`',
  });
}

/** For what is done for a credential outside of its rotations. */
export function outsideContext(deps: Deps, credential: CredentialId): Context {
  return contextFor(deps, { credential }, deps.attempt(), new Redactor());
}

type About = Pick<Context, 'credential' | 'rotation'>;

function contextFor(deps: Deps, about: About, attempt: Attempt, redactor: Redactor): Context {
  const ctx: Context = {
    ...about,
    now: () => attempt.now(),
    random: (bytes) => attempt.random(bytes),
    sleep: (ms) => attempt.sleep(ms),
    heartbeat: (detail) => attempt.heartbeat(detail),
    cancelled: attempt.cancelled,
    async resolve(ref) {
      const secret = await resolve(deps, ctx, ref);
      for (const part of secretParts(secret)) redactor.add(part);
      return secret;
    },
    fingerprint: (value) => fingerprint(deps, value),
    keys: deps.keys,
    home: deps.home,
    log: deps.log,
  };
  return ctx;
}

async function resolve(deps: Deps, ctx: Context, ref: SecretRef): Promise<Secret> {
  if ('env' in ref) {
    const value = deps.env[ref.env];
    if (value === undefined || value === '') {
      throw new KeyturnError('invalid', `the environment variable ${ref.env} is not set`, {
        fix: `set ${ref.env} where the worker runs, and start it again; check and store need it in their own shell`,
      });
    }
    return new SecretValue(value);
  }
  if ('file' in ref) return resolveFile(deps, ref.file);
  const connector = await deps.loadVault(ref.target.vault);
  const vault = connector.open(parse(connector.schema, ref.target, `reference to ${ref.target.vault}`));
  const stored = await vault.read(ctx, 'current');
  if (stored !== 'absent') return stored.value;
  throw new KeyturnError('invalid', `the referenced ${ref.target.vault} target holds no value`);
}

async function resolveFile(deps: Deps, path: string): Promise<Secret> {
  try {
    return new SecretValue((await deps.readFile(path)).replace(/\r?\n$/, ''));
  } catch {
    throw new KeyturnError('invalid', `the file ${path} cannot be read`, {
      fix: 'put the secret into that file, readable by the worker alone',
    });
  }
}

const fingerprintLength = 16;

async function fingerprint(deps: Deps, value: Secret): Promise<string> {
  const { jwk } = await deps.keys.current('fingerprint');
  const key = Buffer.from(String(jwk.k), 'base64url');
  return createHmac('sha256', key).update(value.reveal()).digest('base64url').slice(0, fingerprintLength);
}
