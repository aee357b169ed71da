/** A mistake that a rotator can make, as a change of Keyturn's own code. */
export interface Mutant {
  name: string;
  edits: readonly { file: string; find: string; put: string }[];
}

const edit = (file: string, find: string, put: string) => ({ file, find, put });

/** Each has to be found by the simulation. */
export const mutants: readonly Mutant[] = [
  {
    name: 'undo armed after its effect',
    edits: [
      edit('workflows/saga.ts', "if (!pivotArmed && 'run' in step.undo) armed.push(step);", ''),
      edit(
        'workflows/saga.ts',
        "if (settled === 'resolved') return { end: 'resolved' };\n      hooks.left",
        "if (settled === 'resolved') return { end: 'resolved' };\n      if (!pivotArmed && 'run' in step.undo) armed.push(step);\n      hooks.left",
      ),
    ],
  },
  {
    name: 'gate skipped',
    edits: [
      edit(
        'workflows/steps/retire.ts',
        'for (const old of going) await gate(run, { going: old, staying: toNew(run) });',
        '{}',
      ),
    ],
  },
  {
    name: 'oldest key deleted',
    edits: [
      edit(
        'workflows/steps/delete.ts',
        'const { going } = baselineOf(run);',
        "const going = [...baselineOf(run).keys].sort((a, b) => (a.createdAt ?? '').localeCompare(b.createdAt ?? '')).slice(0, 1);",
      ),
    ],
  },
  {
    name: 'lost reply minted twice',
    edits: [
      edit('activities/create.ts', "await removeLost(on, opened, baseline, [held], { strangers: 'refuse' });", ''),
    ],
  },
  { name: 'undo after the pivot', edits: [edit('workflows/saga.ts', 'pivotArmed = true;', '')] },
  {
    name: 'current moved to an unverified value',
    edits: [edit('workflows/steps/create.ts', 'if (!hasAccepters(run) && !isInPlace(run)) await prove(run);', '')],
  },
  {
    name: 'consumers told before current moves back',
    edits: [
      edit(
        'workflows/steps/refresh.ts',
        'if (isInPlace(run)) await switchBack(run);',
        'if (run.told) await tellUsers(run, toKnownGood(run));\n  if (isInPlace(run)) await switchBack(run);',
      ),
    ],
  },
  {
    name: 'audit after the effect only',
    edits: [
      edit(
        'connectors/guard.ts',
        'const effect = await guard.effects.intent(call.verb, subject, call.repeats ?? false);\n  let result: T;',
        "let result: T;\n  let effect = '';",
      ),
      edit(
        'connectors/guard.ts',
        'result = await observe(guard, call, work);\n  } catch (error) {\n    if (error',
        'result = await observe(guard, call, work);\n    effect = await guard.effects.intent(call.verb, subject, call.repeats ?? false);\n  } catch (error) {\n    if (effect && error',
      ),
    ],
  },
  {
    name: 'blind write',
    edits: [
      edit(
        'activities/write.ts',
        'if (current?.stored.version.id === expected) return current.stored;',
        'if (current) return current.stored;',
      ),
      edit(
        'activities/write.ts',
        'return place.vault.write(on.ctx, place.document(value, before.value), expected);',
        'return place.vault.write(on.ctx, place.document(value, before.value), before.version.id);',
      ),
    ],
  },
  {
    name: 'last use not waited for',
    edits: [edit('activities/retire.ts', 'if (leftMs < 0) {', 'if (true) {')],
  },
  {
    name: 'a use that goes on taken for one that is over',
    edits: [
      edit(
        'activities/retire.ts',
        'const leftMs = quietMs + neededMs - askedMs;',
        'const leftMs = quietMs + neededMs - on.ctx.now();',
      ),
    ],
  },
  {
    name: 'values between activities left open',
    edits: [
      edit(
        'connectors/keyrings/seal.ts',
        'const { kid, jwk } = await keys.current',
        'if (value) return JSON.stringify(Object.values(value).map((each) => each.reveal()));\n  const { kid, jwk } = await keys.current',
      ),
    ],
  },
  {
    name: 'undo error swallowed',
    edits: [
      edit(
        'workflows/saga.ts',
        "if ((await hooks.quarantine(name, during, error)) === 'resolved') return 'resolved';",
        "if (during === 'undo') return 'done';\n      if ((await hooks.quarantine(name, during, error)) === 'resolved') return 'resolved';",
      ),
    ],
  },
  {
    name: 'lost keys not looked for',
    edits: [
      edit(
        'workflows/steps/create.ts',
        'for (const key of await lostKeys(run, baseline)) {',
        'for (const key of [] as Key[]) {',
      ),
    ],
  },
  {
    name: 'an enabled key not proven',
    edits: [edit('workflows/steps/retire.ts', 'await proveAccepted(run, old.id);', '')],
  },
  {
    name: 'refusal not proven',
    edits: [edit('workflows/steps/delete.ts', 'await proveRefused(run, old);', '')],
  },
  {
    name: 'what was cut off not waited for',
    edits: [edit('activities/ledger.ts', 'if (leftMs <= 0) return;', 'if (leftMs <= 1e12) return;')],
  },
  {
    name: 'a leaked key enabled again',
    edits: [
      edit(
        'workflows/compromise.ts',
        'return run.inbox.requests.some((request) => isCompromise(request) && !run.options.includes(request));',
        'return false;',
      ),
    ],
  },
  {
    name: 'going back not cut off by a compromise',
    edits: [
      edit(
        'workflows/rotate.ts',
        'await run.engine.condition(() => isOver || isOvertaken(run));',
        'await run.engine.condition(() => isOver);',
      ),
    ],
  },
  {
    name: 'the deadline of a compromise for every key',
    edits: [edit('workflows/gate.ts', 'run.strict = !isLeakedIn(run, keys.going);', '')],
  },
  {
    name: 'a compromise that goes back',
    edits: [
      edit(
        'workflows/compromise.ts',
        'return run.inbox.requests.some(isCompromise) && !run.nothingLeaked && run.rejectedBy === undefined;',
        'return false;',
      ),
    ],
  },
  {
    // The evidence for keys of others and the last look each catch what a cut off run still does.
    name: 'no look beyond what was cut off',
    edits: [
      edit('activities/create.ts', 'await refuseServed(on, opened, key.id);', ''),
      edit('workflows/gate.ts', '...(standing && { standing })', ''),
    ],
  },
];
