import type { Change, Credential, CredentialConsumer, Shape, Target } from '../../../contract/index.ts';
import type { Rotating } from '../../support/rotating.ts';

/** A key's fields in plain text: the test stands in for everybody who may know them. */
export type Fields = Readonly<Record<string, string>>;

/** How a key stands in a target: a document with more in it than the key. */
export interface Form {
  shape: Shape;
  write(key: Fields): string;
  read(document: string): Fields;
}

/** What a cell gives to its two sides. */
export interface Scene {
  rotating: Rotating;
  /** The smoke test has to fail, and for the new key only. */
  fails: boolean;
  /** The key that a change is about, read where the change says. */
  keyAt(change: Change): Promise<Fields>;
  /** In the reverse order. */
  onEnd(work: () => Promise<unknown>): void;
}

/** A fresh principal at a provider, and what is seen of it from outside, with clients that are not Keyturn's. */
export interface ProviderSide {
  provider: Credential['provider'];
  smokeTests?: Credential['smokeTests'];
  /** The key that stands there when the rotation begins. */
  first: Fields;
  /** For the first target, and for the second. */
  forms: readonly [Form, Form];
  consumers?(targets: readonly Target[]): CredentialConsumer[];
  /** Uses a key. @returns `accepted`, or what was answered. */
  use(key: Fields): Promise<string>;
  /** The names of all keys that work or could be made to work again. */
  keys(): Promise<string[]>;
  nameOf(key: Fields): string;
  /** What the consumers hold, where there are any. */
  loaded?(): Fields | undefined;
}

export interface ProviderKind {
  name: string;
  /** It disables a key before it deletes it: a rotation can be rolled back during its soak, else only during its grace. */
  soaks: boolean;
  /** What the provider answers to a key that is gone or disabled. */
  refusal: RegExp;
  /** The old key while the rotation waits. */
  oldKeyMeanwhile: 'accepted' | 'refused';
  /** Why the smoke test of a new key fails, as the rotation's reason says it. */
  failure: RegExp;
  open(scene: Scene): Promise<ProviderSide>;
}

/** A fresh place in a vault, and what is seen of it from outside. */
export interface Place {
  /** Where it is, for the catalog. */
  located: { vault: string; [option: string]: unknown };
  /** Reads as a consumer of this vault does. */
  read(): Promise<string>;
  readVersion(id: string): Promise<string>;
  /** Everything that can still be read in it; where a vault cannot destroy: everything that it still offers by a label. */
  readable(): Promise<string[]>;
}

export interface VaultKind {
  name: string;
  open(rotating: Rotating, document: string): Promise<Place>;
}

/** A document with a field beside the key, formatted as no serialiser would, so that every byte counts. */
export function jsonForm(names: Readonly<Record<string, string>>): Form {
  const entries = Object.entries(names);
  return {
    shape: { json: Object.fromEntries(entries.map(([field, path]) => [path, field])) },
    write: (key) => {
      const lines = entries.map(([field, path]) => `  "${path}" : ${JSON.stringify(key[field])},\n`);
      return `{\n${lines.join('')}\t"note":"\\u006bept as it is"   }\n`;
    },
    read: (document) => {
      const parsed: Record<string, string> = JSON.parse(document);
      return Object.fromEntries(entries.map(([field, path]) => [field, parsed[path] ?? '']));
    },
  };
}
