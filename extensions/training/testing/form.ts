/** The form for a new job on a page, with the presets in JupyterLab's settings. */
import {
  type ISettingRegistry,
  SettingRegistry
} from '@jupyterlab/settingregistry';

import schema from '../schema/submit.json';
import { FormModel } from '../src/form/model';
import { PresetStore } from '../src/form/presetStore';
import type { IFormStart } from '../src/form/start';
import type { IFormFiles } from '../src/form/submission';
import { FormWidget } from '../src/form/widget';
import { attach, disposable, jobsOf, trans } from './page';
import type { FakeServer } from './server';

const SETTINGS = '@mofang/training:submit';

/** Settings in memory; `refuse` makes writes fail. */
export class FakeSettings {
  raw = '{}';
  refuse = '';

  readonly registry = new SettingRegistry({
    connector: {
      fetch: async id => this._plugin(id),
      list: async () => ({ ids: [SETTINGS], values: [this._plugin(SETTINGS)] }),
      remove: async () => undefined,
      save: async (_, raw) => {
        if (this.refuse) {
          throw new Error(this.refuse);
        }
        this.raw = raw;
      }
    }
  });

  private _plugin(id: string): ISettingRegistry.IPlugin {
    return {
      id,
      raw: this.raw,
      schema: {
        type: 'object',
        properties: schema.properties
      } as unknown as ISettingRegistry.ISchema,
      data: { composite: {}, user: {} },
      version: '0.1.0'
    };
  }
}

export const noFiles: IFormFiles = {
  pick: async () => null,
  convert: async path => path,
  save: async () => undefined
};

interface IOptions {
  start?: IFormStart;
  settings?: FakeSettings;
  files?: Partial<IFormFiles>;
}

export function openForm(
  server: FakeServer,
  { start = {}, settings = new FakeSettings(), files = {} }: IOptions = {}
) {
  const jobs = jobsOf(server);
  const model = disposable(
    new FormModel(jobs, { ...noFiles, ...files }, trans, start)
  );
  const store = new PresetStore(() => settings.registry.load(SETTINGS));
  const widget = attach(new FormWidget(model, store, trans));
  return { model, settings, store, node: widget.node };
}
