import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createActivities } from '../../activities/create-activities.ts';
import type { Activities, Credential, KeyRing, RingKey } from '../../contract/index.ts';
import { KeyturnError } from '../../contract/index.ts';
import { attempts } from '../engine/task.ts';
import { openSink } from '../world/audit.ts';
import { worldConnectors } from '../world/connectors.ts';
import { fullPace } from '../world/pace.ts';
import type { World } from '../world/world.ts';
import type { Scenario } from './scenario.ts';

/** Long enough for a world in which everything takes its time. */
const limits = { stepMs: 120_000, settleMs: 300_000, refusalMs: 300_000, attemptMs: 20_000, pollMs: 30_000 };

export function credentialOf(scenario: Scenario, id: string, pace = fullPace): Credential {
  const { approvers, calendar, graceMs, smokeTest, soakMs, world } = scenario;
  return {
    id,
    owner: 'simulation',
    tier: 'standard',
    provider: { type: 'world', world: id },
    targets: world.targets.map(({ name }) => ({ name, vault: 'world', value: 'raw', world: id, secret: name })),
    consumers: world.consumers.map(({ canary, instances, name, reads, required, role }) => {
      const common = { name, reads, instances: instances.length, canary, required, role };
      return { type: 'world', ...common, world: id, called: name };
    }),
    smokeTests: smokeTest === 'none' ? [] : [{ always: true }],
    graceMs,
    soakMs,
    refreshWithinMs: pace(10 * 60_000),
    ...(approvers > 0 ? { approval: { approvers, withinMs: pace(8 * 3_600_000) } } : {}),
    ...(calendar ? { calendar } : {}),
    limits: {
      stepMs: pace(limits.stepMs),
      settleMs: pace(limits.settleMs),
      refusalMs: pace(limits.refusalMs),
      attemptMs: pace(limits.attemptMs),
      pollMs: pace(limits.pollMs),
    },
  };
}

const silent = () => {};

/** The activities that ship, in this world. */
export function activitiesIn(world: World): Activities {
  const connectors = worldConnectors(() => world);
  const shown = (message: string, fields?: Record<string, unknown>) => {
    world.shown(message, 'the log');
    if (fields) world.shown(fields, 'the log');
  };
  return createActivities({
    attempt() {
      const attempt = attempts.getStore();
      if (!attempt) throw new Error('this is not an attempt');
      return attempt;
    },
    loadProvider: async () => connectors.provider,
    loadVault: async () => connectors.vault,
    loadConsumer: async () => connectors.consumer,
    keys: ring,
    sink: openSink(world),
    home: '/nonexistent',
    env: {},
    readFile: async () => '',
    log: { debug: silent, info: shown, warn: shown },
  });
}

const oct = (kid: string): RingKey => ({ kid, jwk: { kty: 'oct', k: randomBytes(32).toString('base64url') } });
const ringKeys: Record<string, RingKey> = {
  seal: oct('seal-1'),
  fingerprint: oct('fingerprint-1'),
  'file-vault': oct('file-vault-1'),
  sign: { kid: 'sign-1', jwk: generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }) },
};

export const ring: KeyRing = {
  current: async (purpose) => ringKeys[purpose] as RingKey,
  async byId(purpose, kid) {
    const key = ringKeys[purpose];
    if (key?.kid === kid) return key;
    throw new KeyturnError('not-found', `the ring has no ${purpose} key ${kid}`);
  },
};
