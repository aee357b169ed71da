import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { jwtVerify } from 'jose';
import { permissionsOf } from './roles.ts';
import { unauthenticated } from './status.ts';

/** Who calls, and what they may do; `all` is a project's owner. */
export interface Account {
  email: string;
  permissions: 'all' | readonly string[];
}

type Known = 'owner' | 'latest' | 'alias' | 'discover' | 'denied';
export type AccountName = Known | 'forged';

/** Throwaway service accounts: their key files, and the check of the tokens that Google's client signs with them. */
export class Accounts {
  readonly #genuine = generateKeyPairSync('rsa', { modulusLength: 2048 });
  readonly #forged = generateKeyPairSync('rsa', { modulusLength: 2048 });
  readonly #project: string;
  /** `latest`, `alias` and `discover` have the vault's own role files: the conformance suite runs with exactly these. */
  readonly #permissions = new Map<string, Account['permissions']>([
    ['owner', 'all'],
    ['latest', permissionsOf('latest')],
    ['alias', permissionsOf('alias')],
    ['discover', permissionsOf('discover')],
    ['denied', []],
  ]);

  constructor(project: string) {
    this.#project = project;
  }

  /** From now on the account may do this and no more. */
  permit(name: Known, permissions: readonly string[]): void {
    this.#permissions.set(name, permissions);
  }

  /** The text of a service account's key file. `forged` is signed by a key that Google does not know. */
  keyFile(name: AccountName): string {
    return JSON.stringify({
      type: 'service_account',
      project_id: this.#project,
      private_key_id: name === 'forged' ? 'forged' : 'genuine',
      private_key: pem(name === 'forged' ? this.#forged.privateKey : this.#genuine.privateKey),
      client_email: this.#email(name === 'forged' ? 'owner' : name),
      client_id: '1',
      token_uri: 'https://oauth2.googleapis.com/token',
    });
  }

  /**
   * A self-signed JWT in place of an access token (https://google.aip.dev/auth/4111).
   * @throws GoogleStatus `UNAUTHENTICATED`
   */
  async identify(authorization: string | undefined): Promise<Account> {
    const token = authorization?.match(/^Bearer (.+)$/)?.[1];
    if (!token) throw unauthenticated();
    const { payload } = await jwtVerify(token, this.#genuine.publicKey, { algorithms: ['RS256'] }).catch(() => {
      throw unauthenticated();
    });
    const found = [...this.#permissions].find(([name]) => this.#email(name) === payload.iss);
    const scoped = `${payload.scope ?? ''} ${payload.aud ?? ''}`.match(/cloud-platform|secretmanager\.googleapis\.com/);
    if (!found || !scoped) throw unauthenticated();
    return { email: String(payload.iss), permissions: found[1] };
  }

  #email(name: string): string {
    return `${name}@${this.#project}.iam.gserviceaccount.com`;
  }
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
