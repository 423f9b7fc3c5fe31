/**
 * Script of the hub's page of jobs. The template has all elements and fixed texts; this
 * fills in what the training service tells.
 */
import type { IJob } from '@mofang/shared';

import { TrainingJobs } from '../jobs';
import { announce } from './announce';
import { projectSettings } from './connection';
import { byId } from './dom';
import { JobView } from './job';
import { ListView } from './list';
import { Notices, OutcomeWatch } from './notices';

const REMEMBERED = 'mofang-project';

function begin(page: HTMLElement): void {
  const { root = '', project = '', job = '', user = '' } = page.dataset;
  const xsrfToken = String(
    (window as unknown as { jhdata: { xsrf_token: string } }).jhdata.xsrf_token
  );
  const list = `${root}${project}`;
  const addressOf = (id: string): string => `${list}/${id}`;
  const notices = new Notices(
    byId<HTMLButtonElement>('mofang-notices'),
    byId('mofang-notices-note'),
    addressOf
  );
  const jobs = new TrainingJobs(
    projectSettings(root, project, xsrfToken),
    () => notices.isOn
  );
  notices.toggled = () => jobs.reconnect();
  new OutcomeWatch(jobs, user, (changed: IJob, outcome) =>
    notices.show(changed, outcome)
  );
  announce(jobs, job);
  if (job) {
    new JobView(jobs, job, list);
  } else {
    new ListView(jobs, user, addressOf);
  }
}

/** Another project is another page; the last one is where the next visit begins. */
function chooseProject(page: HTMLElement): boolean {
  const { root = '', project = '' } = page.dataset;
  const choice = document.getElementById(
    'mofang-project'
  ) as HTMLSelectElement | null;
  choice?.addEventListener('change', () => {
    if (choice.value) {
      localStorage.setItem(REMEMBERED, choice.value);
      window.location.assign(`${root}${choice.value}`);
    }
  });
  if (project) {
    localStorage.setItem(REMEMBERED, project);
    return true;
  }
  if (choice && !('refused' in page.dataset)) {
    const names = [...choice.options].map(each => each.value).filter(Boolean);
    const last = localStorage.getItem(REMEMBERED) ?? '';
    const name = names.includes(last) ? last : names[0];
    if (name) {
      window.location.replace(`${root}${name}${window.location.search}`);
    }
  }
  return false;
}

const page = document.querySelector<HTMLElement>('.mofang-jobs');
if (page && chooseProject(page)) {
  begin(page);
}
