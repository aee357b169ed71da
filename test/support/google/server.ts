import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import descriptors from '@google-cloud/secret-manager/build/protos/protos.json' with { type: 'json' };
import { type Metadata, Server, ServerCredentials, status } from '@grpc/grpc-js';
import type { INamespace } from 'protobufjs';
import { generate } from 'selfsigned';
import { type AccountName, Accounts } from './accounts.ts';
import { serve } from './grpc.ts';
import { secretManager } from './secret-manager.ts';
import { Secrets } from './secrets.ts';
import { GoogleStatus, permissionDenied } from './status.ts';

const project = { id: 'keyturn-test', number: '123456789012' };
const serviceName = 'google.cloud.secretmanager.v1.SecretManagerService';

/** One call on its way: `run` does it and gives the answer. Throwing after `run` is a lost reply. */
export interface Call {
  method: string;
  request: object;
  run(): object;
}

/** Where the double listens and how to get in; plain data. */
export interface GoogleAddress {
  host: string;
  port: number;
  caFile: string;
  project: string;
  keyFiles: Record<AccountName, string>;
}

export interface Google {
  address: GoogleAddress;
  accounts: Pick<Accounts, 'permit'>;
  secrets: Secrets;
  /** Stands between the wire and the double, for faults and for strangers who act in between. */
  intercept: ((call: Call) => object | Promise<object>) | undefined;
  stop(): Promise<void>;
}

/** Starts the double on a free port of 127.0.0.1, behind TLS with a throwaway certificate. */
export async function startGoogle(): Promise<Google> {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-google-'));
  const { cert, private: key } = await makeCertificate();
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, cert);

  const accounts = new Accounts(project.id);
  const secrets = new Secrets(project);
  const server = new Server();
  const google: Google = {
    accounts,
    address: { host: 'localhost', port: 0, caFile, project: project.id, keyFiles: keyFiles(accounts) },
    secrets,
    intercept: undefined,
    async stop() {
      server.forceShutdown();
      await rm(folder, { recursive: true, force: true });
    },
  };
  server.addService(...serve(descriptors as INamespace, serviceName, answerFor(google, accounts)));
  const credentials = ServerCredentials.createSsl(null, [
    { cert_chain: Buffer.from(cert), private_key: Buffer.from(key) },
  ]);
  google.address.port = await bind(server, credentials);
  return google;
}

function answerFor(google: Google, accounts: Accounts) {
  const methods = secretManager(google.secrets);
  return async (name: string, request: object, metadata: Metadata): Promise<object> => {
    const account = await accounts.identify(metadata.get('authorization')[0]?.toString());
    const method = methods[name];
    if (!method) throw new GoogleStatus(status.UNIMPLEMENTED, `This double has no ${name}.`);
    const resource = method.resource(request as never);
    if (account.permissions !== 'all' && !account.permissions.includes(method.permission)) {
      throw permissionDenied(method.permission, resource);
    }
    const run = () => method.run(request as never);
    return google.intercept ? google.intercept({ method: name, request, run }) : run();
  };
}

function keyFiles(accounts: Accounts): Record<AccountName, string> {
  return {
    owner: accounts.keyFile('owner'),
    latest: accounts.keyFile('latest'),
    alias: accounts.keyFile('alias'),
    discover: accounts.keyFile('discover'),
    denied: accounts.keyFile('denied'),
    forged: accounts.keyFile('forged'),
  };
}

function makeCertificate() {
  return generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
    ],
  });
}

function bind(server: Server, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, port) => (error ? reject(error) : resolve(port)));
  });
}
