/** What a part of a history is for: the invariant of Keyturn's that asks for it, or what else does. */
const purposes: Readonly<Record<string, string>> = {
  inspectTarget: 'invariant 9, touch only what was read',
  inspectProvider: 'invariant 3, no orphans, no strangers',
  mintKey: 'the change itself',
  sweepKeys: 'invariant 3, no orphans, no strangers',
  hashPlan: 'approval, a plan that people can agree to',
  chooseKey: 'invariant 8, repeatable',
  applyKey: 'the change itself',
  proveKey: 'invariant 1, current works',
  writeTarget: 'the change itself',
  testTarget: 'invariant 1, current works',
  moveCurrent: 'the change itself',
  tellConsumer: 'the change itself',
  hearConsumer: 'invariant 2, no key goes without evidence',
  'testTarget: evidence': 'invariant 2, no key goes without evidence',
  'awaitUnused: evidence': 'invariant 2, no key goes without evidence',
  recordDecisions: 'invariant 7, every effect is audited',
  disableKey: 'the change itself',
  proveRefused: 'invariant 5, known end',
  removeKey: 'the change itself',
  discardVersion: 'the change itself',
  recordEnd: 'invariant 7, every effect is audited',
  'start and end': 'invariant 6, one at a time (the workflow itself)',
  'timer that fired': 'grace and soak',
  'timer that was not needed': 'notices of what is late',
  'search attributes': 'finding rotations',
  patches: 'upgrades, each goes on as it began',
};

export function purposeOf(part: string): string {
  return purposes[part] ?? 'beginning and telling others';
}
