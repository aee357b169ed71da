/** What an application needs to receive Keyturn's webhooks. */
export { attestationsJson, readChange } from './message.ts';
export { type IncomingHeaders, type Tolerance, verifyWebhook } from './signature.ts';
