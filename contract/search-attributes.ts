/**
 * The few attributes by which people find rotations, all of Temporal's type Keyword. They stand in clear on the server:
 * only names from the catalog and the rotation's state, never anything of a value.
 */
export const searchAttributes = {
  credential: 'KeyturnCredential',
  owner: 'KeyturnOwner',
  provider: 'KeyturnProvider',
  phase: 'KeyturnPhase',
  outcome: 'KeyturnOutcome',
  urgency: 'KeyturnUrgency',
} as const;

/** `rotating` until in use everywhere, `retiring` until the end, `quarantined` while a person is needed, `ended`. */
export type Phase = 'rotating' | 'retiring' | 'quarantined' | 'ended';

export type SearchValues = Partial<Record<keyof typeof searchAttributes, string>> & { phase?: Phase };
