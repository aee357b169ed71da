import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { mutants } from './mutants.ts';

/** Loaded before everything else (`node --import`): changes the code as the mutant of this name says, in memory only. */
const mutant = mutants.find(({ name }) => name === process.env.KEYTURN_MUTANT);
if (!mutant) throw new Error(`there is no mutant ${process.env.KEYTURN_MUTANT}`);

const root = fileURLToPath(new URL('../../', import.meta.url));

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const path = url.startsWith('file:') ? fileURLToPath(url) : '';
    const edits = mutant.edits.filter(({ file }) => path === `${root}${file}`);
    if (edits.length === 0) return loaded;
    let text = String(loaded.source instanceof Uint8Array ? Buffer.from(loaded.source) : loaded.source);
    for (const { file, find, put } of edits) {
      if (text.split(find).length !== 2) throw new Error(`${file} does not have this once: ${find}`);
      text = text.replace(find, () => put);
    }
    return { ...loaded, source: text };
  },
});
