import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { compactDecrypt } from 'jose';

/** A whole history as it is exported, in JSON, and behind it every payload of it as it reads when it is opened. */
export async function exportOf(handle: Pick<WorkflowHandle, 'fetchHistory'>): Promise<string> {
  const json = historyToJSON(await handle.fetchHistory());
  return [json, ...payloadsIn(JSON.parse(json))].join('\n');
}

function payloadsIn(tree: unknown): string[] {
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap(([name, value]) =>
    name === 'data' && typeof value === 'string' ? [Buffer.from(value, 'base64').toString()] : payloadsIn(value),
  );
}

/** Compact JWE (RFC 7516) with `dir`: its second part is empty. */
export function sealedIn(text: string): string[] {
  return [...new Set(text.match(/eyJ[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+/g))];
}

/** @param key in base64url, as a JWK has it. @returns undefined where it does not open. */
export async function opened(sealed: string, key: unknown): Promise<string | undefined> {
  return compactDecrypt(sealed, Buffer.from(String(key), 'base64url')).then(
    ({ plaintext }) => Buffer.from(plaintext).toString(),
    () => undefined,
  );
}
