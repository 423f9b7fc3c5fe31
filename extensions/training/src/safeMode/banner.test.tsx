import { brokenRules } from '../../../shared/testing/dom';

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { screen } from '@testing-library/react';

import { press } from '../../../shared/testing/controls';
import { attach, clear, trans } from '../../testing/page';
import type { ISafeMode } from '../model/safeMode';
import { failureBody, SafeModeBanner } from './banner';

afterEach(clear);

const safeMode: ISafeMode = {
  failure: 'start.sh: line 3: syntax error',
  files: ['/home/jovyan/start.sh']
};

function banner(part: Partial<ISafeMode> = {}) {
  const asked: string[] = [];
  const actions = {
    open: (file: string) => void asked.push(`open ${file}`),
    showFailure: () => void asked.push('showFailure')
  };
  const mode = { ...safeMode, ...part };
  return { asked, node: attach(new SafeModeBanner(mode, actions, trans)).node };
}

test('the banner offers the file to mend and the error', async () => {
  const { asked, node } = banner();
  await press('Open start.sh');
  await press('Show error');
  assert.deepEqual(asked, ['open /home/jovyan/start.sh', 'showFailure']);
  assert.ok(screen.getByRole('status', { name: 'Safe mode' }));
  assert.deepEqual(await brokenRules(node), []);
});

test('without a file and an error there is nothing to press', async () => {
  banner({ files: [], failure: '' });
  assert.ok(await screen.findByText('Safe mode.'));
  assert.equal(screen.queryByRole('button'), null);
});

test('the error can be scrolled by the keyboard', async () => {
  const { node } = attach(failureBody(safeMode, trans));
  const error = await screen.findByLabelText('Error of the last start');
  assert.equal(error.tabIndex, 0);
  assert.equal(error.textContent, safeMode.failure);
  assert.deepEqual(await brokenRules(node), []);
});
