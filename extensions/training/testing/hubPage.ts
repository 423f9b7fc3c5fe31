/** The hub's page of jobs, as its template has it, with all of its branches. */
import { readFileSync } from 'node:fs';

import type { TrainingJobs } from '../src/jobs';
import { jobsOf } from './page';
import type { FakeServer } from './server';

const TEMPLATE = '../../hub/mofang_hub/pages/templates/hub/jobs.html';

/** Put the elements on the page; what Jinja would fill in is left out. */
export function showTemplate(): HTMLElement {
  const template = readFileSync(TEMPLATE, 'utf8')
    .replace(/\{% block (?:title|stylesheet|script)[^]*?endblock %\}/g, '')
    .replace(/\{%[^]*?%\}|\{\{[^]*?\}\}/g, '');
  document.body.innerHTML = template;
  for (const state of ['Running', 'Failed', 'Succeeded']) {
    byLabel('State').append(new Option(state));
  }
  byLabel('Framework').append(new Option('pytorch'), new Option('horovod'));
  const dialogue = document.querySelector('dialog')!;
  // What jsdom lacks.
  Element.prototype.scrollIntoView = () => undefined;
  dialogue.showModal = () => dialogue.setAttribute('open', '');
  dialogue.addEventListener('submit', event => {
    event.preventDefault();
    const { submitter } = event as SubmitEvent;
    dialogue.returnValue = (submitter as HTMLButtonElement).value;
    dialogue.removeAttribute('open');
    dialogue.dispatchEvent(new Event('close'));
  });
  return document.body;
}

/** The jobs of a server, on the page with an address. */
export function open(server: FakeServer, address: string): TrainingJobs {
  window.history.replaceState(null, '', address);
  showTemplate();
  return jobsOf(server);
}

function byLabel(text: string): HTMLSelectElement {
  const label = [...document.querySelectorAll('label')].find(
    each => each.textContent === text
  );
  return document.getElementById(label!.htmlFor) as HTMLSelectElement;
}
