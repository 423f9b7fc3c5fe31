/** The panel of jobs on a page. */
import type { IPanelActions } from '../src/panel/actions';
import { PanelModel } from '../src/panel/model';
import { JobsPanel } from '../src/panel/widget';
import { attach, disposable, jobsOf, trans } from './page';
import type { FakeServer } from './server';

/** The panel of a server's jobs, and what it asked the rest of JupyterLab for. */
export function openPanel(
  server: FakeServer,
  installed: Partial<IPanelActions> = {}
) {
  const asked: unknown[][] = [];
  const note =
    (name: string) =>
    (...args: unknown[]) =>
      void asked.push([name, ...args]);
  const actions: IPanelActions = {
    newJob: note('newJob'),
    compare: note('compare'),
    copy: note('copy'),
    rerun: note('rerun'),
    openLog: note('openLog'),
    openCharts: note('openCharts'),
    openShell: null,
    openTensorBoard: null,
    ...installed
  };
  const jobs = jobsOf(server);
  const model = disposable(new PanelModel(jobs, () => actions, trans));
  return { asked, model, widget: attach(new JobsPanel(model, trans)) };
}
