import { labels, type Place } from './standing.ts';

/** What readers and operators should know before a rotation. */
export async function warnings({ client, config, ctx }: Place): Promise<string[]> {
  const found = await client.describeSecret({ SecretId: config.secret }, { abortSignal: ctx.cancelled });
  const stages = Object.entries(found.VersionIdsToStages ?? {});
  const pending = stages.find(([, held]) => held.includes(labels.pending) && !held.includes(labels.current));
  const replicas = (found.ReplicationStatus ?? []).map(({ Region }) => Region).join(', ');
  const said: (string | false | undefined)[] = [
    found.DeletedDate && `it is scheduled for deletion on ${found.DeletedDate.toISOString()}`,
    found.RotationEnabled && 'AWS rotates it by itself too: two rotators will undo each other; cancel one',
    found.OwningService !== undefined && `it is managed by ${found.OwningService}, which alone may change it`,
    pending && `AWSPENDING is on version ${pending[0]}: a rotation is under way or was left unfinished`,
    found.PrimaryRegion !== undefined &&
      found.PrimaryRegion !== config.region &&
      `it is a replica: only ${found.PrimaryRegion} can change it`,
    replicas !== '' && `readers in ${replicas} read replicas, which follow later`,
  ];
  return said.filter((text) => typeof text === 'string').map((text) => `secret ${config.secret}: ${text}`);
}
