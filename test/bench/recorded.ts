import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import type { Event } from '../../client/event.ts';
import packageJson from '../../package.json' with { type: 'json' };

const folder = new URL(`../replay/histories/${packageJson.version}/`, import.meta.url);

/** One of the histories that are kept for replay. */
export function recorded(kind: string): readonly Event[] {
  const json = gunzipSync(readFileSync(new URL(`${kind}.json.gz`, folder))).toString();
  return historyFromJSON(JSON.parse(json)).events ?? [];
}
