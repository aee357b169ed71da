/** What an application needs to receive Keyturn's webhooks. */

export { type IncomingHeaders, type Tolerance, verifyWebhook } from '../../http/signature.ts';
export { attestationsJson, readChange } from './message.ts';
