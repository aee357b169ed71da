import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { serverEnvironment, serverSettings } from '../../client/embedded/dev-server.ts';
import { settingsSchema } from '../../contract/index.ts';
import { composeSchema } from './compose-schema.ts';
import { root } from './run.ts';

interface Service {
  image: string;
  build?: string;
  environment?: Record<string, string>;
  profiles?: string[];
  ports?: string[];
  volumes?: string[];
  configs?: { source: string; target: string }[];
  container_name?: string;
  read_only?: boolean;
  cap_drop?: string[];
  depends_on?: object;
}

const text = readFileSync(`${root}docker-compose.yml`, 'utf8');
const compose = parse(text, { merge: true }) as {
  services: Record<string, Service>;
  volumes: object;
  configs: Record<string, object>;
};
const services = Object.entries(compose.services);
const ours = services.filter(([, { image }]) => image.startsWith('keyturn:'));
const example = readFileSync(`${root}.env.example`, 'utf8');
const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

test('is what the Compose Specification allows', () => {
  expect(composeSchema().safeParse(compose).error?.issues ?? []).toEqual([]);
});

test.each([
  ['a field that no service has', { services: { a: { image: 'a:1', imagee: 'b' } } }],
  ['a health check without its form', { services: { a: { healthcheck: { tests: ['CMD'] } } } }],
  ['a condition that there is not', { services: { a: { depends_on: { b: { condition: 'done' } } } } }],
  ['a port that is an object of another kind', { services: { a: { ports: [{ from: 1 }] } } }],
])('the schema refuses %s', (_what, wrong) => {
  expect(composeSchema().safeParse(wrong).success).toBe(false);
});

test('every image is pinned, ours to the version of the package', () => {
  expect(ours.map(([name]) => name)).toEqual(['worker', 'keyturn', 'audit-migrate']);
  for (const [name, { image }] of services) expect(image, name).toMatch(/^[a-z/-]+:\d+\.\d+(\.\d+)?$/);
  for (const [name, { build, image }] of ours)
    expect({ build, image }, name).toEqual({ build: '.', image: `keyturn:${version}` });
});

test('its Temporal is told what the embedded one is told', () => {
  const { environment, configs } = compose.services.temporal as Service;
  const [{ source = '', target = '' } = {}] = configs ?? [];
  expect(target).toBe(`/etc/temporal/${environment?.DYNAMIC_CONFIG_FILE_PATH}`);
  expect(environment).toMatchObject(serverEnvironment);
  const { content } = compose.configs[source] as { content: string };
  const expected = Object.entries(serverSettings).map(([name, value]) => [name, [{ value }]]);
  expect(parse(content)).toEqual(Object.fromEntries(expected));
});

/** Of Temporal's own, what its client library reads: https://docs.temporal.io/references/client-environment-configuration. */
const ofTemporal = /^TEMPORAL_(ADDRESS|NAMESPACE|API_KEY|PROFILE|CONFIG_FILE|TLS(_[A-Z_]+)?)$/;

test('every variable that it sets for Keyturn is one that the code reads, with a value that it takes', () => {
  const known = Object.keys(settingsSchema.shape);
  for (const [name, { environment = {} }] of ours) {
    const location = /^\w+:env:(\w+)$/.exec(environment.KEYTURN_AUDIT ?? '')?.[1];
    const unknown = Object.keys(environment).filter(
      (each) => !known.includes(each) && each !== location && !ofTemporal.test(each),
    );
    expect(unknown, name).toEqual([]);
    expect(settingsSchema.safeParse(mapped(environment, filled)).error?.issues ?? [], name).toEqual([]);
  }
});

test('no password stands in it: each comes from .env, which has none for an example', () => {
  const asked = [...text.matchAll(/(?<!\$)\$\{(\w+)([^}]*)\}/g)].map(([, name = '', rest = '']) => ({ name, rest }));
  expect(asked.length).toBeGreaterThan(3);
  for (const { name, rest } of asked) {
    expect(example, `${name} in .env.example`).toMatch(new RegExp(`^(# )?${name}=`, 'm'));
    if (/PASSWORD|TOKEN|SECRET|KEY$/.test(name)) expect(rest, name).toBe(':?set it in .env');
  }
  for (const [, name, value] of example.matchAll(/^(\w+)=(.*)$/gm)) expect(value, name).toBe('');
  const given = services.flatMap(([, { environment = {} }]) => Object.entries(environment));
  const secrets = given.filter(([name]) => /PASSWORD|PWD|TOKEN|SECRET/.test(name));
  expect(secrets.length).toBeGreaterThan(3);
  for (const [name, value] of secrets) expect(value, name).toMatch(/^\$\{\w+:\?set it in \.env\}$/);
  expect(text).not.toMatch(/:\/\/\w+:(?!\$\{)[^@\s]*@/);
});

test('.env.example names nothing that nobody asks for', () => {
  const named = [...example.matchAll(/^(?:# )?([A-Z_]+)=/gm)].map(([, name = '']) => name);
  expect(named.filter((name) => !text.includes(`\${${name}:`))).toEqual([]);
});

test('workers can be several: no name and no port of their own, and one home', () => {
  const { worker } = compose.services;
  expect(worker).toMatchObject({ volumes: ['keyturn-home:/var/lib/keyturn'] });
  expect(worker?.ports ?? worker?.container_name).toBeUndefined();
});

test('ours runs without rights, on a file system that cannot be written', () => {
  for (const [name, { cap_drop, read_only }] of ours)
    expect({ cap_drop, read_only }, name).toEqual({ cap_drop: ['ALL'], read_only: true });
});

test('what listens does so on this machine only', () => {
  for (const [name, { ports = [] }] of services) for (const port of ports) expect(port, name).toMatch(/^127\.0\.0\.1:/);
});

test('what it names is there: volumes, services, profiles that leave the necessary parts in', () => {
  const named = services.flatMap(([, { volumes = [] }]) => volumes.map((each) => each.split(':')[0] ?? ''));
  expect(new Set(named.filter((name) => !name.startsWith('.')))).toEqual(new Set(Object.keys(compose.volumes)));
  for (const [name, { depends_on = {} }] of services) {
    const others = Array.isArray(depends_on) ? depends_on : Object.keys(depends_on);
    for (const other of others) expect(compose.services[other]?.profiles, `${name} needs ${other}`).toBeUndefined();
    for (const other of others) expect(Object.keys(compose.services), name).toContain(other);
  }
});

/** As Compose fills it in: one word for everything that is asked for. */
function filled(value: string): string {
  return value.replace(/\$\{\w+:-([^}]*)\}/g, '$1').replace(/\$\{\w+:\?[^}]*\}/g, 'word');
}

function mapped(record: Record<string, string>, change: (value: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
