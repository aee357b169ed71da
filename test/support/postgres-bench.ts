import { expect } from 'vitest';
import { asSuperuser, giveLogin, makeRoles } from '../../connectors/providers/postgres/harness.ts';
import { connector } from '../../connectors/providers/postgres/index.ts';
import type { Context, KeyturnError, KeyValue, NewKey, Provider, Standing } from '../../contract/index.ts';

/** Fresh roles on the shared server, the first login in use with a password that an operator set by hand. */
export class PostgresBench {
  readonly roles: Awaited<ReturnType<typeof makeRoles>>;
  readonly provider: Provider;
  readonly knownGood: KeyValue;

  private constructor(roles: PostgresBench['roles'], knownGood: KeyValue) {
    this.roles = roles;
    this.provider = connector.open(roles.config);
    this.knownGood = knownGood;
  }

  static async open(form: 'two logins' | 'in place'): Promise<PostgresBench> {
    const roles = await makeRoles(form);
    return new PostgresBench(roles, await giveLogin(roles.config.logins[0] ?? ''));
  }

  get ctx(): Context {
    return this.roles.ctx;
  }

  get a(): string {
    return this.roles.config.logins[0] ?? '';
  }

  get b(): string {
    return this.roles.config.logins[1] ?? '';
  }

  async standing(): Promise<Standing> {
    const held = await this.provider.identify(this.ctx, this.knownGood);
    return { held, keys: await this.provider.inventory(this.ctx, [held]) };
  }

  async choose(): Promise<NewKey> {
    const chosen = await this.provider.choose?.(this.ctx, await this.standing());
    return chosen ?? expect.fail('it cannot choose');
  }

  async make(): Promise<NewKey> {
    const chosen = await this.choose();
    const key = await this.provider.apply?.(this.ctx, chosen, undefined);
    return { ...chosen, key: key ?? expect.fail('it cannot apply') };
  }

  async verdict(value: KeyValue): Promise<'accepted' | 'refused'> {
    return (await this.provider.verify(this.ctx, value)).verdict;
  }

  drop(): Promise<void> {
    return this.roles.drop();
  }
}

export const query = (sql: string, values: unknown[] = []) => asSuperuser((client) => client.query(sql, values));

/** The error of a promise that must fail. */
export async function failure(promise: Promise<unknown> | undefined): Promise<KeyturnError> {
  return (promise ?? Promise.resolve()).then(
    () => expect.fail('it should have failed'),
    (error) => error,
  );
}
