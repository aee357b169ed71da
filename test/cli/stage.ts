import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { stringify } from 'yaml';
import { type Catalog, loadCatalog } from '../../catalog/index.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { type Connected, connect } from '../../client/connect.ts';
import { type DevServer, startDevServer } from '../../client/embedded/dev-server.ts';
import { progress, rotationOf, startOrJoin } from '../../client/rotations.ts';
import { keyRingFile, openKeyRing } from '../../connectors/keyrings/file/index.ts';
import type { Progress } from '../../contract/index.ts';
import { postgresIssuer } from '../e2e/support/issuers.ts';
import { filePlace } from '../e2e/support/vault-places.ts';
import { testContext } from '../support/context.ts';
import { requestOf } from '../support/rotating.ts';
import { CommandLine, type Ended } from './command-line.ts';
import { type Act, type Decision, every, type Standing, type State, states } from './states.ts';

/** One rotation in one state: what comes of it. */
export interface Cell {
  id: string;
  given: Pick<State, 'declares' | 'soaks'>;
}

export const idOf = (state: string, use: string) => `${state.replaceAll(' ', '-')}/${use}`;

/** A Temporal server, a command line, and a catalog with a credential for each cell. Its workers are the test's. */
export class Stage {
  readonly line: CommandLine;
  readonly server: DevServer;
  #catalog!: Catalog;
  #temporal!: Connected;
  readonly #places = new Map<string, Standing['place']>();

  private constructor(server: DevServer) {
    this.server = server;
    this.line = new CommandLine({ TEMPORAL_ADDRESS: server.address });
  }

  /** @param prepare before anything of Keyturn's stands there. */
  static async of(cells: readonly Cell[], prepare?: (line: CommandLine) => Promise<void>): Promise<Stage> {
    const stage = new Stage(await startDevServer());
    try {
      await prepare?.(stage.line);
      await stage.#setUp(cells);
      return stage;
    } catch (error) {
      await stage.close();
      throw error;
    }
  }

  async #setUp(cells: readonly Cell[]): Promise<void> {
    const { line } = this;
    // So many processes begin faster when what they run is compiled once.
    Object.assign(line.env, { NODE_COMPILE_CACHE: join(line.folder, 'cache') }, await this.#declare(cells));
    this.#catalog = await loadCatalog(join(line.folder, 'keyturn.yaml'));
    this.#temporal = await connect(line.env);
    expect(await line.run(['apply'])).toMatchObject({ code: exitCodes.ok });
  }

  async close(): Promise<void> {
    await this.#temporal?.close();
    await this.server.stop();
    this.line.remove();
  }

  /** @returns what the worker has to find in its environment. */
  async #declare(cells: readonly Cell[]): Promise<Record<string, string>> {
    const env: Record<string, string> = {};
    const credentials: Record<string, object> = {};
    const { home } = this.line;
    const ctx = testContext({ home, keys: await openKeyRing(keyRingFile(home), { create: true }) });
    for (const { id, given } of cells) {
      const issuer = given.soaks ? await postgresIssuer() : undefined;
      const { first = 'the-known-good-value', provider = { type: 'random' }, shape = 'raw' } = issuer ?? {};
      const place = await filePlace(ctx, { first, shape });
      this.#places.set(id, place);
      Object.assign(env, issuer?.env);
      const waits = issuer ? {} : { soak: 0 };
      const limits = { step: '10s', settle: '5s', attempt: '5s', poll: '200ms' };
      const targets = [place.target];
      credentials[id] = {
        owner: 'tests',
        provider,
        targets,
        schedule: { every },
        limits,
        ...waits,
        ...given.declares,
      };
    }
    this.line.catalog(stringify({ credentials }));
    return env;
  }

  /** A rotation that somebody else has asked for. */
  async begin(id: string): Promise<Standing> {
    await startOrJoin(this.#temporal.client, this.#catalog.find(id), requestOf({ by: 'eve' }));
    return this.standing(id);
  }

  /** One that has been begun. */
  standing(id: string): Standing {
    const place = this.#places.get(id);
    if (!place) throw new Error(`${id} is not declared`);
    const handle = rotationOf(this.#temporal.client, id);
    return { id, handle, place, home: this.line.home, until: (holds) => until(handle, holds) };
  }

  /** It has come into the state. */
  async reached(state: string, use: string): Promise<Standing> {
    const standing = await this.begin(idOf(state, use));
    await states[state]?.reach(standing);
    return standing;
  }

  say(verb: Decision, id: string, planHash = 'none'): Promise<Ended> {
    return this.line.run([verb, id, ...(verb === 'approve' ? ['--plan', planHash] : [])]);
  }

  /** Says it by the command line, where the state takes it, and waits for what comes of it. */
  async act(state: string, verb: Act, standing: Standing): Promise<void> {
    const { acts, helps } = states[state] as State;
    const { id } = standing;
    const help = helps?.[verb];
    await help?.before?.(standing);
    if (verb === 'compromised') {
      const [ended] = await Promise.all([
        this.line.run(['compromised', id, '--reason', 'a test', '--within', '1s']),
        help?.after?.(standing),
      ]);
      expect(ended).toMatchObject({ code: exitCodes.ok, stdout: expect.stringContaining('1 of 1 replaced') });
    } else {
      const { planHash } = await standing.until(() => true);
      const said = await this.say(verb, id, planHash);
      expect(said).toMatchObject({ code: exitCodes.ok, stdout: expect.stringContaining(id) });
    }
    await standing.until((now) => acts[verb]?.(now) ?? false);
  }
}

async function until(handle: Standing['handle'], holds: (now: Progress) => boolean): Promise<Progress> {
  for (;;) {
    const now = await progress(handle);
    if (holds(now)) return now;
    // What was carried goes on in the next one, under the same id.
    const isOver = now.end && !now.requests.some(({ fate }) => fate === 'carried');
    if (isOver) throw new Error(`it ended first: ${JSON.stringify(now.end)}`);
    await sleep(50);
  }
}
