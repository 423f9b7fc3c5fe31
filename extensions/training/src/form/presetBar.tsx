import type { TranslationBundle } from '@jupyterlab/translation';
import { UseSignal } from '@jupyterlab/ui-components';
import * as React from 'react';

import { FocusKeeper } from '../focusKeeper';
import type { IJobForm } from '../model/jobForm';
import type { IPreset } from '../model/presets';
import type { FormModel } from './model';
import type { PresetStore } from './presetStore';

interface IPresetBarProps {
  model: FormModel;
  store: PresetStore;
  trans: TranslationBundle;
}

/** The last action and its undo. */
interface IDone {
  message: string;
  undo?: () => Promise<void> | void;
  /** What was done to the form, if to that: once it is edited, no undo. */
  form?: IJobForm;
}

/** Presets of the form: load, save, delete. */
export function PresetBar(props: IPresetBarProps): JSX.Element {
  return (
    <UseSignal signal={props.store.changed}>
      {() => <Bar {...props} />}
    </UseSignal>
  );
}

function Bar({ model, store, trans }: IPresetBarProps): JSX.Element {
  const { presets } = store;
  const [chosen, setChosen] = React.useState('');
  const [isNaming, setNaming] = React.useState(false);
  const [done, setDone] = React.useState<IDone | null>(null);
  const canUndo = done?.undo && (!done.form || done.form === model.form);
  const bar = React.useRef<HTMLDivElement>(null);
  const preset = presets.find(each => each.name === chosen);
  const attempt = (act: () => Promise<void>, after: IDone) =>
    act().then(
      () => setDone(after),
      (reason: Error) => setDone({ message: reason.message })
    );
  const load = ({ name, form }: IPreset) => {
    const before = model.form;
    model.fill(form);
    setDone({
      message: trans.__('“%1” fills the form.', name),
      undo: () => model.restore(before),
      form: model.form
    });
  };
  const remove = ({ name, form }: IPreset) =>
    attempt(() => store.remove(name), {
      message: trans.__('“%1” was deleted.', name),
      undo: () => store.save(name, form)
    });
  const save = async (name: string) => {
    const before = presets.find(each => each.name === name);
    setNaming(false);
    setChosen(name);
    await attempt(() => store.save(name, model.form), {
      message: before
        ? trans.__('“%1” was replaced.', name)
        : trans.__('“%1” was saved.', name),
      undo: before && (() => store.save(name, before.form))
    });
  };
  const undo = async () => {
    try {
      await done?.undo?.();
      setDone({ message: trans.__('Undone.') });
    } catch (reason) {
      setDone({ message: (reason as Error).message });
    }
  };
  return (
    <div
      className="mf-Presets"
      role="group"
      aria-label={trans.__('Presets')}
      ref={bar}
    >
      <FocusKeeper
        container={() => bar.current}
        fallbacks={['[aria-expanded]']}
      >
        <div className="mf-PresetLine">
          {presets.length > 0 && (
            <PresetChoice
              presets={presets}
              chosen={preset?.name ?? ''}
              choose={setChosen}
              trans={trans}
            />
          )}
          {preset && (
            <>
              <button
                type="button"
                className="mf-TextButton"
                disabled={!model.defaults}
                onClick={() => load(preset)}
              >
                {trans.__('Load')}
              </button>
              <button
                type="button"
                className="mf-TextButton"
                onClick={() => void remove(preset)}
              >
                {trans.__('Delete')}
              </button>
            </>
          )}
          <button
            type="button"
            className="mf-TextButton"
            aria-expanded={isNaming}
            onClick={() => setNaming(!isNaming)}
          >
            {trans.__('Save as preset…')}
          </button>
        </div>
        {isNaming && (
          <Naming
            start={preset?.name ?? model.form.name}
            taken={presets.map(each => each.name)}
            save={name => void save(name)}
            cancel={() => setNaming(false)}
            trans={trans}
          />
        )}
        <span className="mf-PresetDone" role="status">
          {done?.message}{' '}
          {canUndo && (
            <button
              type="button"
              className="mf-Link"
              onClick={() => void undo()}
            >
              {trans.__('Undo')}
            </button>
          )}
        </span>
      </FocusKeeper>
    </div>
  );
}

function PresetChoice(props: {
  presets: readonly IPreset[];
  chosen: string;
  choose: (name: string) => void;
  trans: TranslationBundle;
}): JSX.Element {
  const { trans } = props;
  return (
    <select
      className="mf-Select"
      aria-label={trans.__('Preset')}
      value={props.chosen}
      onChange={event => props.choose(event.target.value)}
    >
      <option value="">{trans.__('Presets…')}</option>
      {props.presets.map(({ name }) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}

function Naming(props: {
  start: string;
  taken: readonly string[];
  save: (name: string) => void;
  cancel: () => void;
  trans: TranslationBundle;
}): JSX.Element {
  const { trans, taken } = props;
  const [name, setName] = React.useState(props.start);
  const trimmed = name.trim();
  return (
    <form
      className="mf-PresetLine"
      onSubmit={event => {
        event.preventDefault();
        if (trimmed) {
          props.save(trimmed);
        }
      }}
      onKeyDown={event => {
        if (event.key === 'Escape') {
          props.cancel();
        }
      }}
    >
      <input
        className="mf-Input"
        aria-label={trans.__('What the preset is called')}
        value={name}
        maxLength={63}
        autoFocus
        onFocus={event => event.target.select()}
        onChange={event => setName(event.target.value)}
      />
      <button
        type="submit"
        className="mf-TextButton mf-mod-primary"
        disabled={!trimmed}
      >
        {taken.includes(trimmed) ? trans.__('Replace') : trans.__('Save')}
      </button>
      <button type="button" className="mf-TextButton" onClick={props.cancel}>
        {trans.__('Cancel')}
      </button>
    </form>
  );
}
