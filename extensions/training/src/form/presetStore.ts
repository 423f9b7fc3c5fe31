import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { PartialJSONValue } from '@lumino/coreutils';
import { type ISignal, Signal } from '@lumino/signaling';

import {
  presetForm,
  readPresets,
  withoutPreset,
  withPreset,
  type IPreset
} from '../model/presets';
import type { IJobForm } from '../model/jobForm';

const KEY = 'presets';

/** A person's presets in JupyterLab's settings, so that every browser has them. */
export class PresetStore {
  constructor(private _load: () => Promise<ISettingRegistry.ISettings>) {}

  /** Emitted when presets were read, or changed in any tab. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get presets(): readonly IPreset[] {
    return this._settings ? readPresets(this._settings.composite[KEY]) : [];
  }

  /** Read the settings; rejects where JupyterLab cannot. */
  async open(): Promise<void> {
    if (!this._settings) {
      this._settings = await this._load();
      this._settings.changed.connect(() => this._changed.emit());
      this._changed.emit();
    }
  }

  async save(name: string, form: IJobForm): Promise<void> {
    await this._write(presets =>
      withPreset(presets, { name, form: presetForm(form) })
    );
  }

  async remove(name: string): Promise<void> {
    await this._write(presets => withoutPreset(presets, name));
  }

  private async _write(
    change: (presets: readonly IPreset[]) => IPreset[]
  ): Promise<void> {
    await this.open();
    const value = change(this.presets) as unknown as PartialJSONValue;
    await this._settings?.set(KEY, value);
    this._changed.emit();
  }

  private _changed = new Signal<this, void>(this);
  private _settings: ISettingRegistry.ISettings | null = null;
}
