import { randomUUID } from 'node:crypto';
import { startApplication } from '../../../support/application.ts';
import { type Fields, type Form, jsonForm, type ProviderKind } from '../sides.ts';

const raw: Form = { shape: 'raw', write: ({ value = '' }) => value, read: (value) => ({ value }) };

/** The application checks the value and uses it; what is seen from outside is asked at its `/whoami`. */
export const random: ProviderKind = {
  name: 'random',
  soaks: false,
  refusal: /^401$/,
  oldKeyMeanwhile: 'accepted',
  failure: /^the provider refuses stored\/\S+ \(HTTP 401\)$/,
  async open({ fails, keyAt, onEnd, rotating }) {
    const first = { value: `first-value-${randomUUID()}` };
    const read = async (change: Parameters<typeof keyAt>[0]) => (await keyAt(change)).value ?? '';
    const app = await startApplication({ firstValue: first.value, read });
    onEnd(app.stop);
    if (fails) refuseOnceProven(app, first.value);
    const secret = { env: `APP_${randomUUID().replaceAll('-', '')}` };
    rotating.env[secret.env] = app.secret;
    return {
      provider: { type: 'random', accepter: { url: `${app.url}/whoami` } },
      first,
      forms: [raw, jsonForm({ value: 'token' })],
      consumers: (targets) => [
        app.consumer({ name: 'checker', role: 'accepts', secret }),
        ...targets.map(({ name }) => app.consumer({ name: `user of ${name}`, reads: name, instances: 2, secret })),
      ],
      use: (key) => use(app.url, key),
      keys: async () => [...app.accepted],
      nameOf: ({ value = '' }) => value,
      loaded: () => ({ value: app.loaded ?? '' }),
    };
  },
};

async function use(url: string, { value }: Fields): Promise<string> {
  const { status } = await fetch(`${url}/whoami`, { headers: { authorization: `Bearer ${value}` } });
  return status === 200 ? 'accepted' : String(status);
}

/** The one who checks forgets the new value when it has been asked about it once: after its proof, before its smoke test. */
function refuseOnceProven(app: Awaited<ReturnType<typeof startApplication>>, first: string): void {
  let uses = 0;
  app.asked = (value) => {
    if (value === first || !app.accepted.has(value)) return;
    uses += 1;
    if (uses === 2) app.accepted.delete(value);
  };
}
