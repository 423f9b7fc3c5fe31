import assert from 'node:assert/strict';
import { test } from 'node:test';

import { sharedFor, withLogInCheck } from './logIn';

const MESSAGE = 'You are logged out.';

function wrapped(status: number, isLoggedOut: boolean) {
  const calls = { asked: 0, loggedOut: 0 };
  const fetch = withLogInCheck(
    () => Promise.resolve(new Response('{"message": "Forbidden"}', { status })),
    {
      isLoggedOut: () => {
        calls.asked += 1;
        return Promise.resolve(isLoggedOut);
      },
      onLoggedOut: () => {
        calls.loggedOut += 1;
      },
      message: MESSAGE
    }
  );
  return { fetch, calls };
}

test('the end of the log-in takes the place of Forbidden', async () => {
  const { fetch, calls } = wrapped(403, true);
  const answer = await fetch('api/contents/a.ipynb');

  assert.equal(answer.status, 403);
  assert.deepEqual(await answer.json(), { message: MESSAGE });
  assert.equal(calls.loggedOut, 1);
});

test('a refusal of somebody who is logged in stays what it is', async () => {
  const { fetch, calls } = wrapped(403, false);
  const answer = await fetch('api/contents/a.ipynb');

  assert.deepEqual(await answer.json(), { message: 'Forbidden' });
  assert.equal(calls.loggedOut, 0);
});

test('nothing is asked after any other answer', async () => {
  for (const status of [200, 401, 404, 424, 500]) {
    const { fetch, calls } = wrapped(status, true);
    assert.equal((await fetch('api')).status, status);
    assert.equal(calls.asked, 0);
  }
});

test('those who ask at once share an answer, later ones do not', async () => {
  let time = 0;
  let asked = 0;
  const ask = sharedFor(
    1000,
    () => Promise.resolve((asked += 1)),
    () => time
  );

  assert.deepEqual(await Promise.all([ask(), ask()]), [1, 1]);
  time = 1000;
  assert.equal(await ask(), 2);
});
