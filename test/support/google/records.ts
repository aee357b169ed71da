/** A moment as protobuf writes it. */
export interface Timestamp {
  seconds: number;
  nanos: number;
}

export interface VersionRecord {
  name: string;
  createTime: Timestamp;
  destroyTime?: Timestamp;
  scheduledDestroyTime?: Timestamp;
  state: 'ENABLED' | 'DISABLED' | 'DESTROYED';
  etag: string;
  clientSpecifiedPayloadChecksum: boolean;
  /** Gone once destroyed. Never part of an answer, except to AccessSecretVersion. */
  data?: Buffer;
}

export interface SecretRecord {
  /** With the project's number, as Google answers, whatever the caller wrote. */
  name: string;
  createTime: Timestamp;
  etag: string;
  labels: Record<string, string>;
  versionAliases: Record<string, number>;
  versionDestroyTtl?: { seconds: number } | null;
  expireTime?: Timestamp | null;
  rotation?: object | null;
  /** Version n stands at n - 1. */
  versions: VersionRecord[];
}

/** The updatable fields of a secret, as UpdateSecret's mask names them. */
export type SecretChange = Partial<
  Pick<SecretRecord, 'labels' | 'versionAliases' | 'versionDestroyTtl' | 'expireTime' | 'rotation'>
> & { name?: string; etag?: string };

let etags = 0;

/** Quoted, as https://google.aip.dev/154 asks. */
export function newEtag(): string {
  etags += 1;
  return `"${etags.toString(16).padStart(14, '0')}"`;
}

export function timestamp(ms: number): Timestamp {
  return { seconds: Math.floor(ms / 1_000), nanos: (ms % 1_000) * 1_000_000 };
}
