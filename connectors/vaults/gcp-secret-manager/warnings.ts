import type { Context } from '../../../contract/index.ts';
import { isDenied } from './classify.ts';
import { aliasesOf, type Config } from './config.ts';
import { GoogleSecret } from './secret.ts';

/** What an operator should know of this secret before a rotation. Reads its metadata only. */
export async function warnings(ctx: Context, config: Config): Promise<string[]> {
  const secret = await GoogleSecret.open(ctx, config);
  let info: Awaited<ReturnType<GoogleSecret['info']>>;
  try {
    info = await secret.info();
  } catch (error) {
    if (config.readers === 'latest' && isDenied(error)) {
      return [
        `${secret.name}: without secretmanager.secrets.get its aliases, expiry and rotation plan were not looked at`,
      ];
    }
    throw error;
  }
  if (info === 'absent') return [`${secret.name} does not exist: create it before the first rotation`];

  const aliases = Object.keys(info.versionAliases ?? {});
  const found = config.readers === 'alias' ? ofAliasReaders(config, aliases) : ofLatestReaders(aliases);
  if (info.expireTime) found.push('it has an expiry: Google deletes the whole secret then');
  if (info.rotation?.nextRotationTime)
    found.push('it has a rotation plan at Google: its notices may set off another rotator');
  if (info.versionDestroyTtl) found.push('it delays destruction: a destroyed version can be brought back until then');
  return found.map((text) => `${secret.name}: ${text}`);
}

function ofAliasReaders(config: Config, aliases: readonly string[]): string[] {
  const { current, pending, previous } = aliasesOf(config);
  const found = [
    'whoever reads `latest` gets each pending version as soon as it is written, and an error when it is taken back: ' +
      `all consumers have to read ${current}`,
  ];
  if (!aliases.includes(current)) {
    found.push(`it has no alias ${current} yet: until the first rotation sets it, whoever reads it gets NOT_FOUND`);
  }
  return [...found, ...foreign(aliases, [current, pending, previous])];
}

function ofLatestReaders(aliases: readonly string[]): string[] {
  return foreign(aliases, []);
}

function foreign(aliases: readonly string[], ours: readonly string[]): string[] {
  return aliases
    .filter((alias) => !ours.includes(alias))
    .map((alias) => `Keyturn does not move the alias ${alias}: whoever reads it keeps the old value`);
}
