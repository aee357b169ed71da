/** Connectors that do nothing: what a rotation costs over them, it costs over any. */
export { audit } from './audit.ts';
export { consumer } from './consumer.ts';
export { provider } from './provider.ts';
export { vault } from './vault.ts';
