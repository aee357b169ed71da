import { nextOpening } from '../calendar/openings.ts';
import { nearest } from '../connectors/load.ts';
import { checkShape } from '../connectors/shapes/index.ts';
import {
  type CredentialConsumer,
  changesMs,
  type KeyFields,
  type ProviderPowers,
  type Shape,
} from '../contract/index.ts';
import { warnAboutPace } from './pace.ts';
import type { Finding } from './problem.ts';
import type { Draft } from './read-credential.ts';
import { listed } from './words.ts';

type At = Pick<Finding, 'path' | 'at'>;

function value(draft: Draft, ...path: (string | number)[]): At {
  return { path: [...draft.path, ...path], at: 'value' };
}

function powersOf({ provider }: Draft): ProviderPowers {
  return provider.connector.powers(provider.config);
}

/** What is wrong between the parts of one credential, each of which is right by itself. */
export function checkCredential(draft: Draft): Finding[] {
  return [
    ...names(draft, 'targets'),
    ...names(draft, 'consumers'),
    ...shapes(draft),
    ...readers(draft),
    ...roles(draft),
    ...waits(draft),
    ...times(draft),
    ...openings(draft),
  ];
}

function names(draft: Draft, list: 'targets' | 'consumers'): Finding[] {
  const all = draft.credential[list].map(({ name }) => name);
  return all.flatMap((name, index) => {
    const first = all.indexOf(name);
    if (first === index) return [];
    const found = `the name "${name}", which ${list}[${first}] has already`;
    return [{ ...value(draft, list, index, 'name'), found, expected: 'a name of its own' }];
  });
}

/** A stored value that lacks a field could not be told from another key's. */
function shapes(draft: Draft): Finding[] {
  const fields = draft.provider.connector.fields(draft.provider.config);
  return draft.credential.targets.flatMap(({ value: shape }, index): Finding[] => {
    const where = value(draft, 'targets', index, 'value');
    const problems = checkShape(shape, fields);
    if (problems.length > 0) {
      return problems.map((problem) => ({ ...where, says: problem, found: problem, expected: 'a shape that fits' }));
    }
    const lost = identifying(draft, fields).filter((field) => !carried(shape, fields).includes(field));
    if (lost.length === 0) return [];
    const found = `a shape that leaves out ${listed(lost, 'and')}`;
    const expected = `one that holds ${listed(identifying(draft, fields), 'and')}, so that the stored key can be recognised`;
    return [{ ...where, found, expected, fix: shapeFix(fields) }];
  });
}

/** What is changed in place has one user for ever: only elsewhere does the user tell one key from another. */
function identifying(draft: Draft, { all, user }: KeyFields): readonly string[] {
  return powersOf(draft).order === 'in-place' ? all.filter((field) => field !== user) : all;
}

function carried(shape: Shape, { main, user, password }: KeyFields): string[] {
  if (shape === 'raw') return [main];
  if (shape === 'url') return [user, password].filter((field) => field !== undefined);
  return Object.values(shape.json);
}

function shapeFix({ all, user, password }: KeyFields): string {
  const json = `value: {json: {${all.map((field) => `${field}: ${field}`).join(', ')}}}`;
  const fitsUrl = all.every((field) => field === user || field === password);
  return `use ${json}${fitsUrl ? ', or value: url' : ''}`;
}

function readers(draft: Draft): Finding[] {
  const targets = draft.credential.targets.map(({ name }) => name);
  return draft.credential.consumers.flatMap(({ reads }, index) => {
    if (targets.includes(reads)) return [];
    const expected = `the name of a target: ${listed(targets, 'or')}`;
    const near = nearest(reads, targets);
    const found = reads === '' ? 'no `reads`, though there are several targets' : 'the name of no target';
    const fix = near === undefined ? {} : { fix: `did you mean "${near}"?` };
    return [{ ...value(draft, 'consumers', index, 'reads'), found, expected, ...fix }];
  });
}

/** Only where nobody issues the value there are accepters that Keyturn has to tell of it. */
function roles(draft: Draft): Finding[] {
  const { connector, config } = draft.provider;
  if (connector.principals(config).length === 0) return unstaged(draft);
  return draft.credential.consumers.flatMap(({ role }, index) => {
    if (role === 'uses') return [];
    const expected = `the role "uses": the provider ${connector.name} itself accepts and refuses keys`;
    return [{ ...value(draft, 'consumers', index, 'role'), found: 'the role "accepts"', expected }];
  });
}

/** A stored value is accepted by those who have been told of it: they have to read it before it is served. */
function unstaged(draft: Draft): Finding[] {
  return draft.credential.consumers.flatMap(({ reads, role }, index) => {
    const at = draft.credential.targets.findIndex(({ name }) => name === reads);
    const vault = draft.vaults[at];
    if (role !== 'accepts' || !vault || vault.connector.powers(vault.config).staging) return [];
    const found = `the target ${reads}, whose readers get a value as soon as it is written`;
    const expected =
      'a target in which a version can be pending, because an accepter has to take it before others use it';
    return [{ ...value(draft, 'consumers', index, 'reads'), found, expected }];
  });
}

/** A wait that this provider cannot have is refused where it was asked for, and left out where it is a default. */
function waits(draft: Draft): Finding[] {
  const { credential, declared, provider } = draft;
  const powers = powersOf(draft);
  const impossible = [
    {
      field: 'soak',
      ms: credential.soakMs,
      not: !powers.disables,
      why: `the provider ${provider.connector.name} cannot disable a key before it is deleted`,
    },
    {
      field: 'grace',
      ms: credential.graceMs,
      not: powers.order === 'in-place',
      why: 'a credential that is changed in place has one key: the old one ends when the new one begins',
    },
  ];
  return impossible
    .filter(({ field, ms, not }) => not && ms > 0 && declared[field] !== undefined)
    .map(({ field, why }) => ({ ...value(draft, field), found: 'more than 0', expected: `0: ${why}` }));
}

/** Sets the defaults of such waits to 0. */
export function withoutImpossibleWaits(draft: Draft): Draft['credential'] {
  const { disables, order } = powersOf(draft);
  const { credential } = draft;
  return {
    ...credential,
    ...(!disables && { soakMs: 0 }),
    ...(order === 'in-place' && { graceMs: 0 }),
  };
}

/** A step that ends before a key can have spread would turn every rotation back. */
function times(draft: Draft): Finding[] {
  const { stepMs } = draft.credential.limits;
  const slow = Math.max(
    powersOf(draft).propagationMsMax,
    ...draft.vaults.map(({ connector, config }) => connector.powers(config).propagationMsMax),
  );
  if (stepMs > slow) return [];
  const expected = `more than ${slow / 1_000}s: so long may a new key or version take until it is accepted everywhere`;
  return [{ ...value(draft, 'limits', 'step'), found: `${stepMs / 1_000}s`, expected }];
}

/** A rotation begins only where all that comes before the grace fits. */
function openings(draft: Draft): Finding[] {
  const { calendar } = draft.credential;
  if (!calendar || nextOpening(calendar, Date.now(), changesMs(draft.credential))) return [];
  const needed = `${Math.ceil(changesMs(draft.credential) / 60_000)}m`;
  const field = calendar.window ? ['schedule', 'window'] : [];
  const found = 'a window and freezes that leave no time in which a rotation fits, or none in the next three years';
  const expected = `${needed} at a stretch: limits.step and refreshWithin, from the new key until its use everywhere`;
  return [{ ...value(draft, ...field), found, expected }];
}

/** What is allowed, and probably not meant. */
export function warnAbout(draft: Draft): Finding[] {
  const { credential, path } = draft;
  const { verifies, tellsUse, propagationMsMax } = powersOf(draft);
  const required = credential.consumers.filter((consumer) => consumer.required);
  const warnings: Finding[] = [];
  const warn = (at: At, says: string, fix: string) => {
    warnings.push({ ...at, says, found: says, expected: fix, fix });
  };
  const at: At = { path, at: 'key' };
  if (!verifies && !some(required, 'accepts')) {
    warn(at, 'nobody attests that the new value is accepted', 'declare who checks it as a consumer with role: accepts');
  } else if (!tellsUse && !some(required, 'uses')) {
    warn(at, 'nothing tells whether the old key is still in use', 'declare who reads it as a required consumer');
  }
  if (credential.limits.refusalMs < propagationMsMax) {
    const says = 'a removed key is reported as still accepted before it can be refused everywhere';
    warn(value(draft, 'limits', 'refusal'), says, `set refusal to ${propagationMsMax / 1_000}s or more`);
  }
  return [...warnings, ...warnAboutPace(draft)];
}

function some(consumers: readonly CredentialConsumer[], role: CredentialConsumer['role']): boolean {
  return consumers.some((consumer) => consumer.role === role);
}
