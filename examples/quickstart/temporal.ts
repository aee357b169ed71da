import { randomBytes } from 'node:crypto';
import { registerSearchAttributes } from '../../client/cluster.ts';
import { type Connected, connect } from '../../client/connect.ts';
import { type DevServer, startDevServer } from '../../client/embedded/dev-server.ts';
import { freePort } from '../embedded-postgres.ts';
import type { Place } from './catalog.ts';
import { quietly } from './signals.ts';
import type { Stage } from './stage.ts';
import type { Voice } from './voice.ts';

export interface TemporalOptions {
  stage: Stage;
  voice: Voice;
  /** With Temporal's web pages. */
  ui: boolean;
}

export interface TemporalReady {
  connected: Connected;
  /** How a worker gets there. */
  env: Record<string, string>;
  place: Place;
  uiPort?: number;
}

/** The one at `TEMPORAL_ADDRESS`, or one of our own. */
export async function startTemporal(options: TemporalOptions): Promise<TemporalReady> {
  return process.env.TEMPORAL_ADDRESS ? useTemporal(options) : startOwnTemporal(options);
}

/** Whatever else of Temporal's settings stands in the environment is meant for another server. */
async function startOwnTemporal({ stage, ui, voice }: TemporalOptions): Promise<TemporalReady> {
  const uiPort = ui ? await freePort() : undefined;
  const { address } = await voice.doing(
    'Temporal development server',
    () =>
      quietly(() =>
        stage.start(
          () => devServer(uiPort, voice),
          (server) => server.stop(),
        ),
      ),
    (server) => server.address,
  );
  const env = { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: 'default', TEMPORAL_TLS: 'false' };
  const connected = await stage.start(
    () => connect(env),
    ({ close }) => close(),
  );
  return { connected, env, place: { id: 'quickstart/orders/DATABASE_URL' }, ...(uiPort ? { uiPort } : {}) };
}

async function useTemporal({ stage, voice }: TemporalOptions): Promise<TemporalReady> {
  const env = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      name.startsWith('TEMPORAL_') && value !== undefined ? [[name, value]] : [],
    ),
  );
  const connected = await stage.start(
    () => connect(),
    ({ close }) => close(),
  );
  await voice.doing(`Temporal at ${connected.address}`, () =>
    registerSearchAttributes(connected.connection, connected.namespace),
  );
  const name = `quickstart-${randomBytes(3).toString('hex')}`;
  return { connected, env, place: { id: `${name}/orders/DATABASE_URL`, site: name } };
}

function devServer(uiPort: number | undefined, voice: Voice): Promise<DevServer> {
  return startDevServer({ say: voice.line, ...(uiPort === undefined ? {} : { uiPort }) });
}
