import type { DeclaredCredential, Schedule } from '../catalog/index.ts';
import { loadProvider } from '../connectors/load.ts';
import type { Credential, CredentialConsumer, ProviderPowers } from '../contract/index.ts';
import { type Place, placeOf, placeWords } from './place.ts';
import { count, duration } from './words.ts';

/** What a credential's rotation would do, step by step, in words. Makes no connection. */
export async function describe(credential: DeclaredCredential): Promise<string[]> {
  const { consumers, provider: declared, targets } = credential;
  const provider = await loadProvider(declared.type);
  const config = provider.schema.parse(declared);
  const powers = provider.powers(config);
  const at = provider.principals(config).join(' and ') || declared.type;
  const places = await Promise.all(targets.map(placeOf));
  const inPlace = powers.order === 'in-place';
  return [
    `provider: ${at}; ${orderWords(powers)}`,
    ...places.map((place, index) => `${placeWords(place)}${index === 0 && places.length > 1 ? ' (primary)' : ''}`),
    ...(consumers.length === 0 ? ['consumers: none are told'] : consumers.map(consumerWords)),
    `reads every target, lists the keys${powers.verifies ? ', tries the value in use' : ''}`,
    ...approvalWords(credential),
    ...(inPlace ? inPlaceWords(at) : makeWords(powers, at)),
    `writes it into ${writeOrder(places)}, reads it back${testWords(credential, powers)}`,
    refreshWords(credential),
    ...(inPlace ? [] : retireWords(credential, powers)),
    scheduleWords(credential.schedule),
  ];
}

function orderWords({ keysMax, order }: ProviderPowers): string {
  if (order === 'in-place') return 'in place: one key, so there is a gap between the change and the last reader';
  return `make before break${keysMax === undefined ? '' : `, at most ${count(keysMax, 'key')}`}`;
}

export function consumerWords(consumer: CredentialConsumer): string {
  const { canary, instances, name, reads, required, role, type } = consumer;
  const some = [
    `${count(instances, 'instance')}${canary > 0 ? `, ${canary} first` : ''}`,
    `reads ${reads}`,
    ...(role === 'accepts' ? ['accepts the value'] : []),
    ...(required ? [] : ['not required']),
  ];
  return `consumer: ${name} (${type}), ${some.join(', ')}`;
}

export function approvalWords({ approval }: Pick<Credential, 'approval'>): string[] {
  if (!approval) return [];
  const { approvers, withinMs } = approval;
  return [`waits up to ${duration(withinMs)} for ${count(approvers, 'approval')} by others than the requester`];
}

function makeWords({ byHand, chooses, verifies }: ProviderPowers, at: string): string[] {
  if (byHand) {
    const tried = verifies ? ', and proves that it is accepted' : '';
    return [`waits until a person has made a key at ${byHand.where ?? 'its provider'} and handed it in${tried}`];
  }
  const made = chooses ? `chooses a new value${verifies ? `, sets it at ${at}` : ''}` : `has ${at} make a new key`;
  return [verifies ? `${made}, and proves that it is accepted` : made];
}

function inPlaceWords(at: string): string[] {
  return [`chooses a new value, sets it at ${at} and proves it; sets the known-good back if anything fails`];
}

/** The primary last. */
function writeOrder(places: readonly Place[]): string {
  const [primary, ...others] = places;
  const words = [...others, ...(primary ? [primary] : [])].map(
    ({ name, powers }) => `${name}${powers.staging ? ' (pending, unseen)' : ' (at once current)'}`,
  );
  return words.join(', then ');
}

function testWords({ smokeTests }: DeclaredCredential, { verifies }: ProviderPowers): string {
  const own = smokeTests.length > 0 ? ` and runs ${count(smokeTests.length, 'smoke test')}` : '';
  return verifies ? `, uses it${own}` : own;
}

function refreshWords({ consumers, refreshWithinMs }: DeclaredCredential): string {
  if (consumers.length === 0) return 'makes it current';
  return `makes it current, tells the consumers and waits until they attest it; reports who is silent after ${duration(refreshWithinMs)}`;
}

function retireWords({ graceMs, soakMs }: DeclaredCredential, powers: ProviderPowers): string[] {
  const unused = powers.tellsUse ? ' and the old key is seen to be unused' : '';
  const grace = `keeps the old key for ${duration(graceMs)} (grace), and until every required consumer attests${unused}`;
  const soak = `disables it and watches for ${duration(soakMs)} (soak)`;
  if (powers.byHand) {
    const sure = powers.verifies ? 'it is seen to be refused' : 'that is confirmed';
    return [grace, `waits until a person has revoked the old key and ${sure}: from here there is no way back`];
  }
  const gone = powers.verifies ? 'deletes it and proves it refused' : 'drops it';
  return [grace, ...(powers.disables ? [soak] : []), `${gone}: from here there is no way back`];
}

function scheduleWords(schedule: Schedule | undefined): string {
  if (!schedule) return 'schedule: only when asked';
  const { cron, everyMs, timezone, window } = schedule;
  const when = everyMs === undefined ? `cron ${cron} (${timezone})` : `every ${duration(everyMs)}`;
  if (!window) return `schedule: ${when}`;
  return `schedule: ${when}, ${window.days.join(' ')} ${window.from} to ${window.to} (${window.timezone})`;
}
