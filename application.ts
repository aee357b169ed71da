/** `keyturn/application`: for applications that use what Keyturn rotates. It needs neither Temporal nor a catalog. */

export {
  attestationsJson,
  type IncomingHeaders,
  readChange,
  type Tolerance,
  verifyWebhook,
} from './connectors/consumers/webhook/receiver.ts';
export { type ReadFileVaultOptions, readFileVault } from './connectors/vaults/file/index.ts';
export type { Attestation, Change } from './contract/index.ts';
