import { brokenRules } from '../../shared/testing/dom';

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { Dialog, Notification } from '@jupyterlab/apputils';
import { nullTranslator } from '@jupyterlab/translation';
import {
  cleanup,
  render,
  screen,
  waitFor,
  within
} from '@testing-library/react';
import * as React from 'react';

import { press } from '../../shared/testing/controls';
import type { IOutcome, IRequest } from './cleanUp';
import type { CleanUpModel } from './cleanUpModel';
import { Confirmation, confirm, notify } from './confirmation';

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: false });

// As JupyterLab's style sheet does, without which dialogs were hidden.
const style = document.createElement('style');
style.textContent = 'dialog.jp-Dialog { display: flex; }';
document.head.append(style);

const trans = nullTranslator.load('');
const request: IRequest = {
  root: { name: 'home', path: '~' },
  mode: 'snapshot',
  names: ['~/.cache/pip (3.0 GiB)', '~/runs/checkpoint-5 (9.0 GiB)'],
  total: '2 selected, frees 12.0 GiB',
  warnings: ['~/runs/checkpoint-5: used within the last hour']
};
const outcome: IOutcome = {
  act: 'clean',
  mode: 'snapshot',
  bytes: 2 ** 30,
  count: 1,
  skipped: [],
  undo: 'u1'
};

afterEach(() => {
  cleanup();
  Dialog.flush();
  Notification.dismiss();
  document.body.replaceChildren();
});

test('what goes is named, with the total and what to look at twice', async () => {
  const { container } = render(
    <Confirmation request={request} trans={trans} />
  );
  const names = within(screen.getByRole('list', { name: 'To be removed' }))
    .getAllByRole('listitem')
    .map(each => each.textContent);
  assert.deepEqual(names, request.names);
  assert.ok(screen.getByText(request.total));
  assert.ok(screen.getByText(/used within the last hour/));
  assert.ok(screen.getByText(/A snapshot of your home is taken before/));
  assert.deepEqual(await brokenRules(container), []);
});

test('a dialog asks, and whoever presses Enter loses nothing', async () => {
  const answer = confirm({ ...request, mode: 'permanent' }, trans);
  const dialog = await screen.findByRole('dialog');
  await within(dialog).findByText(/cannot be undone/);
  await waitFor(() =>
    assert.equal(document.activeElement?.textContent, 'Cancel')
  );
  await press('Delete permanently');
  assert.equal(await answer, true);
  const again = confirm(request, trans);
  await press('Cancel');
  assert.equal(await again, false);
});

/** What the last notification says, and its buttons by their labels. */
function reported() {
  const { message, options } = Notification.manager.notifications[0];
  const actions = new Map(
    options.actions?.map(({ label, callback }) => [label, callback])
  );
  return { message, actions, autoClose: options.autoClose };
}

function fakeModel() {
  const asked: string[] = [];
  const model = {
    undo: async (undo: string, mode: string) =>
      void asked.push(`undo ${undo} ${mode}`),
    deletePermanently: async () => void asked.push('delete')
  } as unknown as CleanUpModel;
  return { asked, model };
}

test('the notification has the way back, and stays', () => {
  const { asked, model } = fakeModel();
  notify(outcome, model, trans);
  const { message, actions, autoClose } = reported();
  assert.equal(message, 'Cleaned up. That freed 1.0 GiB.');
  assert.deepEqual([...actions.keys()], ['Undo']);
  assert.equal(autoClose, false);
  actions.get('Undo')!(new MouseEvent('click'));
  assert.deepEqual(asked, ['undo u1 snapshot']);
});

test('of the Trash it offers to delete permanently', () => {
  const { asked, model } = fakeModel();
  notify({ ...outcome, mode: 'trash', bytes: 0 }, model, trans);
  const { message, actions } = reported();
  assert.match(message, /still takes its space/);
  actions.get('Delete permanently…')!(new MouseEvent('click'));
  assert.deepEqual(asked, ['delete']);
});

test('what is final has no way back, and what was left is said', () => {
  const { model } = fakeModel();
  const skipped = [{ path: 'a', reason: 'It is gone already.' }];
  notify({ ...outcome, mode: 'permanent', undo: null, skipped }, model, trans);
  const { message, actions } = reported();
  assert.match(message, /Skipped: 1, see Storage\./);
  assert.equal(actions.size, 0);
});
