import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { person } from '../../cli/person.ts';
import { decisionSchema, whoWords } from '../../contract/index.ts';

const host = hostname();

test.each([
  ['', host],
  ['203.0.113.7 50022 10.0.0.5 22', `${host}, by SSH from 203.0.113.7`],
  ['fe80::1%eth0 50022 fe80::2 22', `${host}, by SSH from fe80::1%eth0`],
  ['UNKNOWN 65535 UNKNOWN 65535', host],
  ['203.0.113.7\u001b[2J 1 2 3', host],
  ['203.0.113.7, and ada agrees', host],
])('with SSH_CONNECTION %j somebody is on %s', (connection, from) => {
  const who = person({ SSH_CONNECTION: connection });
  expect(who).toEqual({ by: expect.stringMatching(/.@./), from });
  expect(decisionSchema.parse(who)).toEqual(who);
});

test.each([
  [{ by: 'ada@laptop', from: 'laptop' }, 'ada@laptop'],
  [{ by: 'ada@laptop' }, 'ada@laptop'],
  [{ by: 'ada@bastion', from: 'bastion, by SSH from 10.1.1.1' }, 'ada@bastion (from bastion, by SSH from 10.1.1.1)'],
  [{ by: 'schedule', from: 'scheduled/a/b-2026' }, 'schedule (from scheduled/a/b-2026)'],
])('%j is shown as %s', (who, words) => {
  expect(whoWords(who)).toBe(words);
});
