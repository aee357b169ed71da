import { status } from '@grpc/grpc-js';
import { ServiceError, WorkflowNotFoundError } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import { delivered, inWords } from '../../client/answers.ts';
import { KeyturnError } from '../../contract/index.ts';

const missing = () => new KeyturnError('not-found', 'no open rotation of app');

const grpc = (code: status) => {
  const cause = Object.assign(new Error(`${code} ${status[code]}: as the server says`), {
    code,
    details: 'as the server says',
    metadata: {},
  });
  return new ServiceError('Workflow Update failed', { cause });
};

/** A call that goes through each of `answers` in turn, and stays at the last. */
function calls(...answers: readonly (Error | string)[]) {
  const made = { count: 0 };
  const call = async () => {
    const answer = answers[Math.min(made.count, answers.length - 1)];
    made.count += 1;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { call, made };
}

async function asked(call: () => Promise<unknown>): Promise<unknown> {
  return inWords(() => delivered(call, [0, 0]), missing).catch((error: unknown) => error);
}

const dropped = grpc(status.FAILED_PRECONDITION);

describe('a message that the engine drops', () => {
  test('is sent again', async () => {
    const { call, made } = calls(dropped, dropped, 'taken');
    expect(await asked(call)).toBe('taken');
    expect(made.count).toBe(3);
  });

  test('finds that the workflow has ended meanwhile', async () => {
    const { call } = calls(dropped, new WorkflowNotFoundError('not found', 'rotation/app', undefined));
    expect(await asked(call)).toMatchObject({ kind: 'not-found', message: 'no open rotation of app' });
  });

  test('again and again is said to whoever sent it', async () => {
    const { call, made } = calls(dropped);
    expect(await asked(call)).toMatchObject({ kind: 'transient', fix: expect.stringContaining('try again') });
    expect(made.count).toBe(3);
  });
});

test('any other failure of the call is passed on at once', async () => {
  const denied = grpc(status.PERMISSION_DENIED);
  const { call, made } = calls(denied);
  expect(await asked(call)).toBe(denied);
  expect(made.count).toBe(1);
});

test('a question that nobody can be asked now is no update: whoever asks hears at once, and in the engine’s own words', async () => {
  const { call, made } = calls(dropped);
  await expect(inWords(call, missing)).rejects.toBe(dropped);
  expect(made.count).toBe(1);
});
