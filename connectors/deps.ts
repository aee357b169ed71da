import type {
  AuditSink,
  ConsumerConnector,
  KeyRing,
  Log,
  ProviderConnector,
  VaultConnector,
} from '../contract/index.ts';
import type { Paces } from './pace.ts';

/** What the engine gives to one attempt of one activity. */
export interface Attempt {
  /** The same for every attempt of one call, another for another call. */
  call: string;
  /** From 1. */
  number: number;
  now(): number;
  random(bytes: number): Uint8Array;
  sleep(ms: number): Promise<void>;
  heartbeat(detail?: string): void;
  /** Aborts on cancellation, and shortly before the attempt's time is over. */
  cancelled: AbortSignal;
}

/** All that the activities need from the process they run in. */
export interface Deps {
  attempt(): Attempt;
  loadProvider(name: string): Promise<ProviderConnector>;
  loadVault(name: string): Promise<VaultConnector>;
  loadConsumer(name: string): Promise<ConsumerConnector>;
  keys: KeyRing;
  sink: AuditSink;
  /** Absolute. */
  home: string;
  env: Readonly<Record<string, string | undefined>>;
  readFile(path: string): Promise<string>;
  log: Log;
  /** Absent: nothing is held back. */
  paces?: Paces;
}
