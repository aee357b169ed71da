import { writeFile } from 'node:fs/promises';
import { Document, visit } from 'yaml';
import { type DeclaredCredential, loadCatalog } from '../../catalog/index.ts';
import type { RunningPostgres } from '../embedded-postgres.ts';
import { database, logins, owner } from './database.ts';
import { type Home, secretName } from './home.ts';

/** The catalog's `provider`: which logins, on which server, by whose leave. */
export function providerOf(home: Home, server: RunningPostgres) {
  return {
    type: 'postgres',
    host: server.host,
    port: server.port,
    database,
    admin: { file: home.adminUrlFile },
    logins: [...logins],
    owner,
  };
}

/** On a Temporal that others use too, this run has a name and a worker of its own there. */
export interface Place {
  id: string;
  site?: string;
}

function credentialIn(home: Home, server: RunningPostgres, applicationPort: number, site: string | undefined) {
  const url = `http://127.0.0.1:${applicationPort}/keyturn`;
  return {
    owner: 'you',
    ...(site === undefined ? {} : { site }),
    provider: providerOf(home, server),
    targets: [{ name: 'main', vault: 'file', secret: secretName, value: 'url' }],
    consumers: [
      {
        type: 'webhook',
        name: 'application',
        url,
        statusUrl: url,
        secret: { file: home.webhookSecretFile },
        reads: 'main',
        instances: 1,
      },
    ],
    smokeTests: [{ sql: 'select count(*) from orders' }],
    grace: '3s',
    soak: '3s',
    limits: { step: '60s', settle: '60s', refusal: '60s', attempt: '20s', poll: '250ms' },
  };
}

export async function writeCatalog(
  home: Home,
  server: RunningPostgres,
  applicationPort: number,
  { id, site }: Place,
): Promise<DeclaredCredential> {
  const credentials = { [id]: credentialIn(home, server, applicationPort, site) };
  await writeFile(home.catalog, yamlOf({ credentials }));
  const catalog = await loadCatalog(home.catalog);
  return catalog.find(id);
}

const comment = ` The quickstart's catalog, as it would stand in git: only references to secrets, never a secret.
 Times are short so that all can be seen in half a minute: by default the grace is an hour and the soak a day.`;

/** One line for each part of a credential. */
function yamlOf(catalog: unknown): string {
  const document = new Document(catalog);
  document.commentBefore = comment;
  visit(document, {
    Map(_, node, path) {
      if (path.length > credentialDepth) node.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/** Document, map, pair, map, pair: what is deeper than a credential itself. */
const credentialDepth = 5;
