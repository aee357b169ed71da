import { KeyturnError, Secret } from '../../contract/index.ts';
import { logins } from './database.ts';
import { writeSecret } from './home.ts';
import type { Options } from './options.ts';
import { proveAudit } from './proof.ts';
import { type Findings, problemsIn, tellProof, toJson } from './report.ts';
import { type Scene, setUp } from './set-up.ts';
import { crashed, wantedEnd } from './signals.ts';
import { Stage } from './stage.ts';
import { restoreUnderTraffic, rotateUnderTraffic } from './story.ts';
import { type Voice, voiceOn } from './voice.ts';
import { tellWhatStays, tellWhatToTry } from './where-to-look.ts';

const exit = { ok: 0, failed: 1, interrupted: 130 } as const;

/** Keyturn's main job, from nothing to the proof, and everything stopped again. @returns the exit code. */
export async function show(options: Options): Promise<number> {
  const voice = voiceOn(options.json ? process.stderr : process.stdout);
  const stage = new Stage();
  const state: State = {};
  const interrupted = wantedEnd().then(() => {
    voice.line('\nStopping everything ...');
    // What is cut off now has failed because of that.
    if (state.code === undefined) voice.hush();
    state.interrupted = true;
    return state.code ?? exit.interrupted;
  });
  try {
    return await Promise.race([story({ options, voice, stage, state, interrupted }), interrupted, crashed()]);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    voice.line(`\n${voice.paint('red', 'error:')} ${message}`);
    if (error instanceof KeyturnError && error.fix) voice.line(`${voice.paint('dim', 'fix:')} ${error.fix}`);
    if (options.json) printJson({ ok: false, problems: [message], outcome: null });
    return exit.failed;
  } finally {
    await stage.stop();
    if (state.scene) tellWhatStays(state.scene, leaves(state), voice);
  }
}

interface State {
  scene?: Scene;
  /** The proof has been told. */
  code?: number;
  interrupted?: true;
}

function leaves({ code, interrupted }: State): 'nothing' | 'proof' {
  return interrupted && code === undefined ? 'nothing' : 'proof';
}

interface Telling {
  options: Options;
  voice: Voice;
  stage: Stage;
  state: State;
  interrupted: Promise<number>;
}

async function story({ options, voice, stage, state, interrupted }: Telling): Promise<number> {
  voice.heading('Setting up');
  const startedMs = Date.now();
  const scene = await setUp({ stage, voice, ui: options.keep, leave: () => leaves(state) });
  state.scene = scene;
  const broken = Promise.race([scene.application.died, scene.worker.died]);
  const found = await Promise.race([findOut(scene, voice, startedMs), broken]);
  state.code = problemsIn(found).length === 0 ? exit.ok : exit.failed;
  tellProof(found, voice);
  if (options.keep) {
    await scene.administrator.takeBackFromReporting(logins[0]);
    await writeSecret(scene.home.oldUrlFile, new Secret(scene.firstUrl));
    tellWhatToTry(scene, voice);
  }
  if (options.json) printJson(toJson(found));
  return options.keep ? Promise.race([interrupted, broken]) : state.code;
}

async function findOut(scene: Scene, voice: Voice, startedMs: number): Promise<Findings> {
  const { application, credential, home, server, temporal, worker } = scene;
  const setUpMs = Date.now() - startedMs;
  const first = await rotateUnderTraffic(scene, voice);
  const second = await restoreUnderTraffic(scene, voice);
  return {
    ...first,
    ...second,
    audit: await proveAudit(home.audit, credential.id, home.keys, [first.rotated, second.restored]),
    places: {
      databasePort: server.port,
      applicationLog: home.applicationLog,
      auditFile: home.audit,
      catalog: home.catalog,
      temporalAddress: temporal.address,
      applicationPid: application.pid,
      workerPid: worker.pid,
    },
    durations: { setUpMs, totalMs: Date.now() - startedMs },
  };
}

function printJson(value: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
