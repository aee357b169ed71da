import type { Command } from '@commander-js/extra-typings';
import { addKeysInit } from './keys-init.ts';
import { addKeysList } from './keys-list.ts';
import { addKeysRotate } from './keys-rotate.ts';

export function addKeys(program: Command): void {
  const keys = program.command('keys').description("Look after Keyturn's own key ring.");
  for (const add of [addKeysInit, addKeysList, addKeysRotate]) add(keys);
}
