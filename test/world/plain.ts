import type { ConsumerShape, InstanceShape } from './consumer.ts';
import type { ProviderShape } from './provider.ts';
import type { TargetShape } from './vault.ts';
import type { WorldShape } from './world.ts';

/** The plainest of each, where everything happens at once and nobody reports a use: who needs another says in what. */

export function provider(shape: Partial<ProviderShape> = {}): ProviderShape {
  return { kind: 'mints', disables: true, tellsUse: false, propagationMs: 0, lastUsedMs: 0, ...shape };
}

export function target(name: string, shape: Partial<TargetShape> = {}): TargetShape {
  return { name, staging: true, destroys: true, propagationMs: 0, ...shape };
}

export function consumer(name: string, shape: Partial<ConsumerShape> = {}): ConsumerShape {
  return {
    ...{ name, reads: 'main', role: 'uses', required: true, canary: 0, manner: 'told', instances: [instance()] },
    ...shape,
  };
}

export function instance(shape: Partial<InstanceShape> = {}): InstanceShape {
  return { loadMs: 0, deaf: false, fails: false, ...shape };
}

export function world(shape: Partial<WorldShape> = {}): WorldShape {
  return { provider: provider(), targets: [target('main')], consumers: [], forgottenMs: 0, spares: 0, ...shape };
}

/** It looks by itself, and neither does nor says anything as long as nobody has it do so. */
export function silent(name: string): ConsumerShape {
  return consumer(name, { manner: 'pull', instances: [instance({ deaf: true })] });
}

/** It cannot use any key but the first. */
export function failing(name: string): ConsumerShape {
  return consumer(name, { instances: [instance({ fails: true })] });
}
