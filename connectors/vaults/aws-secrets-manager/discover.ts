import type { SecretListEntry } from '@aws-sdk/client-secrets-manager';
import type { Context, Discovered, Discovery } from '../../../contract/index.ts';
import { accountOf, listingOptions, permitted } from '../../aws/discover.ts';
import { classify } from './classify.ts';
import { type Config, parseArn } from './config.ts';

export const pageSize = 100;

export function source(config: Config): string {
  return `AWS Secrets Manager in ${config.region}, ${accountOf(config)}`;
}

/** Every secret of the Region that is not being deleted, by what is known about it: no value is asked for. */
export async function* discover(ctx: Context, config: Config): Discovery {
  const sdk = await import('@aws-sdk/client-secrets-manager');
  const client = new sdk.SecretsManager(await listingOptions(ctx, config));
  try {
    let NextToken: string | undefined;
    do {
      const request = { MaxResults: pageSize, ...(NextToken !== undefined && { NextToken }) };
      const listing = client.listSecrets(request, { abortSignal: ctx.cancelled });
      const page = await permitted('secretsmanager:ListSecrets', listing, classify);
      yield (page.SecretList ?? []).flatMap((secret) => discovered(config, secret));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
  } finally {
    client.destroy();
  }
}

function discovered({ admin, endpoint, region }: Config, secret: SecretListEntry): Discovered[] {
  const { ARN = '', CreatedDate, LastAccessedDate, LastChangedDate, Name: name } = secret;
  if (name === undefined) return [];
  const account = parseArn(ARN)?.account;
  return [
    {
      name,
      named: {
        anywhere: account === undefined ? [] : [locationOf({ region, secret: `${account}/${name}` })],
        // Which account a plain name is in depends on who asks.
        here: [locationOf({ region, secret: name })],
      },
      ...(CreatedDate && { createdAt: CreatedDate.toISOString() }),
      ...(LastChangedDate && { changedAt: LastChangedDate.toISOString() }),
      // The day only; left out where it was never read (API_SecretListEntry).
      lastUse: LastAccessedDate ? { at: LastAccessedDate.toISOString() } : 'never',
      notes: notesOn(region, secret),
      declares: { vault: 'aws-secrets-manager', secret: name, region, endpoint, admin },
    },
  ];
}

function notesOn(region: string, { OwningService, PrimaryRegion, RotationEnabled }: SecretListEntry): string[] {
  return [
    ...(RotationEnabled ? ['AWS rotates it by itself'] : []),
    ...(OwningService === undefined ? [] : [`managed by ${OwningService}`]),
    ...(PrimaryRegion === undefined || PrimaryRegion === region ? [] : [`a replica of the one in ${PrimaryRegion}`]),
  ];
}

export function locationOf({ region, secret }: { region: string; secret: string }): string {
  return `aws secrets manager ${region}/${secret}`;
}
