import { crc32c } from '@aws-crypto/crc32c';
import { newEtag, timestamp, type VersionRecord } from './records.ts';
import { checkEtag, type Secrets } from './secrets.ts';
import { failedPrecondition, invalidArgument } from './status.ts';

const payloadBytesMax = 64 * 1024;

export interface Payload {
  data: Buffer;
  dataCrc32c?: number;
}

export function addVersion(secrets: Secrets, parent: string, payload: Payload): VersionRecord {
  const secret = secrets.live(parent);
  const { data, dataCrc32c } = payload;
  if (data.length === 0) throw invalidArgument('Secret Payload cannot be empty.');
  if (data.length > payloadBytesMax) throw invalidArgument('The payload is larger than 65536 bytes.');
  if (dataCrc32c !== undefined && dataCrc32c !== crc32c(data)) {
    throw invalidArgument('The provided CRC32C of the payload does not match the data.');
  }
  const version: VersionRecord = {
    name: `${secret.name}/versions/${secret.versions.length + 1}`,
    createTime: timestamp(Date.now()),
    state: 'ENABLED',
    etag: newEtag(),
    clientSpecifiedPayloadChecksum: dataCrc32c !== undefined,
    data: Buffer.from(data),
  };
  secret.versions.push(version);
  return version;
}

export function accessVersion(secrets: Secrets, name: string): { name: string; payload: Payload } {
  const version = secrets.version(name);
  if (version.state !== 'ENABLED' || !version.data) {
    throw failedPrecondition(`Secret Version [${version.name}] is in ${version.state} state.`);
  }
  return { name: version.name, payload: { data: version.data, dataCrc32c: crc32c(version.data) } };
}

/** Enabling takes a scheduled destruction back. A destroyed version stays destroyed. */
export function setEnabled(secrets: Secrets, name: string, etag: string, enabled: boolean): VersionRecord {
  const version = changeable(secrets, name, etag);
  version.state = enabled ? 'ENABLED' : 'DISABLED';
  delete version.scheduledDestroyTime;
  version.etag = newEtag();
  return version;
}

/** With `version_destroy_ttl` the version is disabled now and destroyed later. */
export function destroyVersion(secrets: Secrets, name: string, etag: string): VersionRecord {
  const version = changeable(secrets, name, etag);
  const ttl = secrets.live(name.replace(/\/versions\/.*$/, '')).versionDestroyTtl;
  version.etag = newEtag();
  if (ttl) {
    version.state = 'DISABLED';
    version.scheduledDestroyTime = timestamp(Date.now() + Number(ttl.seconds) * 1_000);
    return version;
  }
  version.state = 'DESTROYED';
  version.destroyTime = timestamp(Date.now());
  delete version.data;
  return version;
}

function changeable(secrets: Secrets, name: string, etag: string): VersionRecord {
  if (!/\/versions\/\d+$/.test(name)) throw invalidArgument('A version is changed by its number.');
  const version = secrets.version(name);
  checkEtag(version, etag);
  if (version.state === 'DESTROYED')
    throw failedPrecondition(`Secret Version [${version.name}] is in DESTROYED state.`);
  return version;
}
