import type { Change, Key, KeyId } from '../../contract/index.ts';

type By = 'keyturn' | 'person';

/** What has changed in the world. */
export type WorldEvent =
  | { what: 'key'; key: KeyId; state: Key['state'] | 'gone'; by: By; made?: true }
  | { what: 'current'; target: string; by: By; over: 'known' | 'foreign'; from: KeyId | 'unknown' }
  | { what: 'told'; consumer: string; change: Change }
  | { what: 'loaded'; consumer: string; instance: string; key: KeyId }
  | { what: 'dropped'; consumer: string; key: KeyId };

/** In one line, for traces. */
export function inWords(event: WorldEvent, serving: (target: string) => KeyId | 'unknown'): string {
  switch (event.what) {
    case 'key':
      return `${event.by} ${event.made ? 'made' : stateVerbs[event.state]} ${event.key}`;
    case 'current':
      return `${event.by} made ${event.target} serve ${serving(event.target)}`;
    case 'told':
      return `told ${event.consumer} to ${event.change.verb} ${event.change.verb === 'drop' ? event.change.previous : event.change.keyId}`;
    case 'loaded':
      return `${event.instance} uses ${event.key}`;
    case 'dropped':
      return `${event.consumer} dropped ${event.key}`;
  }
}

const stateVerbs = { active: 'enabled', disabled: 'disabled', gone: 'removed' } as const;
