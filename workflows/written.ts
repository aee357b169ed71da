import type { ConsumerEvidence, Evidence } from '../contract/index.ts';

/** Of all evidence together, as JSON: above 2 MB in one message the engine ends a rotation by force. */
const bytesMax = 150_000;
/** Of these, for the names of instances; each consumer has the same share. */
const nameBytesMax = 75_000;

/**
 * Evidence as it is written down, small whatever the fleet: as many names as there is room for, and counts of all
 * others. The latest evidence has its room first.
 */
export function written(evidence: readonly Evidence[]): Evidence[] {
  const consumers = evidence.reduce((count, each) => count + each.consumers.length, 0);
  const share = Math.floor(nameBytesMax / Math.max(consumers, 1));
  const room = new Room(bytesMax);
  return evidence
    .toReversed()
    .map((each) => cut(each, room, share))
    .toReversed();
}

function cut({ readBack, consumers, omitted: _, ...rest }: Evidence, room: Room, share: number): Evidence {
  const targets = room.fitting(readBack);
  const heard = room.fitting(consumers.map((consumer) => named(consumer, share)));
  const omitted = {
    ...(targets.length < readBack.length ? { readBack: readBack.length - targets.length } : {}),
    ...(heard.length < consumers.length ? { consumers: consumers.length - heard.length } : {}),
  };
  const kept = { ...rest, readBack: targets, consumers: heard };
  return Object.keys(omitted).length > 0 ? { ...kept, omitted } : kept;
}

function named(heard: ConsumerEvidence, share: number): ConsumerEvidence {
  const instances = new Room(share).fitting(heard.instances);
  const omitted = heard.instances.length - instances.length;
  return omitted > 0 ? { ...heard, instances, omitted } : heard;
}

class Room {
  #bytes: number;

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** The first of them, up to the one that does not fit any more. */
  fitting<T>(entries: readonly T[]): readonly T[] {
    const first = entries.findIndex((entry) => !this.#takes(entry));
    return first < 0 ? entries : entries.slice(0, first);
  }

  #takes(entry: unknown): boolean {
    // With the comma behind it.
    this.#bytes -= new TextEncoder().encode(JSON.stringify(entry)).length + 1;
    return this.#bytes >= 0;
  }
}
