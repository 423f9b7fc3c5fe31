import { trans as plain } from '../../../shared/testing/dom';

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ServiceError } from '@mofang/shared';

import { LinkFollower } from './follower';
import {
  type ICloneStatus,
  type ILinkedContent,
  type ILinkServer,
  type IQuestion,
  linkAddress,
  parseLink,
  withoutLink
} from './model';

const trans = plain as unknown as TranslationBundle;

afterEach(() => Notification.dismiss());

const link: ILinkedContent = {
  repository: 'https://github.com/a/course',
  branch: 'main',
  path: 'a.ipynb'
};
const question: IQuestion = {
  state: 'asks',
  host: 'github.com',
  directory: 'course'
};
const running: ICloneStatus = {
  state: 'running',
  id: '12ab',
  message: '',
  directory: 'course',
  is_update: false,
  renamed: [],
  lines: [],
  opens: 'home/jovyan/course/a.ipynb',
  is_missing: false
};

function scene(
  answers: (IQuestion | ICloneStatus)[],
  ended: Partial<ICloneStatus> = {},
  agrees = true
) {
  const asked: boolean[] = [];
  const opened: string[] = [];
  const shown: string[][] = [];
  let questions = 0;
  let outages = 2;
  const server = {
    async clone(_: ILinkedContent, isConfirmed: boolean) {
      asked.push(isConfirmed);
      const answer = answers.shift();
      if (!answer) {
        throw new Error('This host is not allowed.');
      }
      return answer;
    },
    async cloneStatus() {
      if (outages-- > 0) {
        throw new ServiceError('The storage does not answer.', 503, {});
      }
      return { ...running, state: 'done', ...ended };
    }
  } as unknown as ILinkServer;
  const follower = new LinkFollower({
    server,
    ask: async () => {
      questions++;
      return agrees;
    },
    showLines: lines => shown.push(lines),
    open: path => opened.push(path),
    trans,
    periodMs: 1
  });
  return { follower, asked, opened, shown, questions: () => questions };
}

const said = () => Notification.manager.notifications.map(each => each.message);

test('what was agreed to on the hub is cloned and opened without a question', async () => {
  const { follower, asked, opened, questions } = scene([running]);

  await follower.follow(link);

  assert.deepEqual(asked, [false]);
  assert.equal(questions(), 0);
  assert.deepEqual(opened, ['home/jovyan/course/a.ipynb']);
  assert.deepEqual(said(), ['The repository is in ~/course.']);
});

test('a link that nobody has agreed to is asked about', async () => {
  const { follower, asked, opened } = scene([question, running]);

  await follower.follow(link);

  assert.deepEqual(asked, [false, true]);
  assert.equal(opened.length, 1);
});

test('who says no gets nothing cloned', async () => {
  const { follower, asked, opened } = scene([question], {}, false);

  await follower.follow(link);

  assert.deepEqual(asked, [false]);
  assert.deepEqual(opened, []);
  assert.deepEqual(said(), []);
});

test('an update says what was kept and what has a new name', async () => {
  const ended = { is_update: true, renamed: ['b__2026.py'] };
  const { follower } = scene([{ ...running, is_update: true }], ended);

  await follower.follow(link);

  const [text] = said();
  assert.match(text, /was there and is now up to date. What you had changed/);
  assert.match(text, /new names: b__2026.py/);
});

test('a failure is told, with what git said', async () => {
  const ended: Partial<ICloneStatus> = {
    state: 'failed',
    message: 'Nothing was cloned: it does not exist.',
    lines: ['fatal: no']
  };
  const { follower, opened, shown } = scene([running], ended);

  await follower.follow(link);

  const [notice] = Notification.manager.notifications;
  assert.equal(notice.message, ended.message);
  assert.equal(notice.type, 'error');
  notice.options.actions?.[0].callback(new MouseEvent('click'));
  assert.deepEqual(shown, [['fatal: no']]);
  assert.deepEqual(opened, []);
});

test('a refusal of the hub is told', async () => {
  const { follower } = scene([]);

  await follower.follow(link);

  assert.deepEqual(said(), ['This host is not allowed.']);
});

test('a link is read from the address, and taken out of it', () => {
  const query =
    '?mofang-repository=https%3A%2F%2Fgithub.com%2Fa%2Fcourse&mofang-branch=main&mofang-path=a.ipynb';

  assert.deepEqual(parseLink(query), link);
  assert.equal(parseLink('?mofang-path=a'), null);
  assert.equal(
    withoutLink(`http://localhost/lab${query}&reset=1`),
    'http://localhost/lab?reset=1'
  );
});

test('a link to a file is an address of the hub', () => {
  const parts = { arguments: { project: 'vision', path: 'a b&c' }, note: '' };

  assert.equal(
    linkAddress(parts, 'https://mofang.example.org/hub/'),
    'https://mofang.example.org/hub/spawn?project=vision&path=a+b%26c'
  );
});
