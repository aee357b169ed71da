import type { Context, Notice, Notify } from '../../contract/index.ts';
import { exchange } from './exchange.ts';
import { sign } from './signature.ts';
import { statusError } from './status.ts';

const peer = 'the webhook for notices';
const timeoutMs = 10_000;

/**
 * Tells people, by one signed POST (Standard Webhooks 1.0.0). `text` is what Slack's incoming webhooks show
 * (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks); the rest is for programs.
 */
export async function sendNotice(ctx: Context, { secret, url }: Notify, notice: Notice): Promise<void> {
  const { credential, rotation = null } = ctx;
  const { kind, text, todo } = notice;
  const body = JSON.stringify({
    text: escaped([text, ...todo.map((each) => `• ${each}`)].join('\n')),
    keyturn: { kind, credential, rotation, at: new Date(ctx.now()).toISOString(), todo },
  });
  const signed = sign((await ctx.resolve(secret)).reveal(), notice.id, ctx.now(), body);
  const headers = { ...signed, 'content-type': 'application/json' };
  await exchange(ctx, { peer, url, method: 'POST', headers, body, timeoutMs }, async (answer) => {
    if (answer.status < 200 || answer.status >= 300) throw statusError(peer, answer, undefined);
  });
}

/** Nobody is called together by what a provider has answered: https://docs.slack.dev/messaging/formatting-message-text. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
