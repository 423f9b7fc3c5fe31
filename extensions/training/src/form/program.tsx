import type { TranslationBundle } from '@jupyterlab/translation';
import { folderIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { frameworkTexts } from '../model/frameworks.generated';
import {
  codeDirectoryOf,
  directoryOf,
  type CodeChoice,
  type Program
} from '../model/jobForm';
import { scriptPath } from '../model/notebookScript';
import { ChoiceInput, TextInput } from './fields';
import type { FormModel } from './model';
import { RowList } from './rowList';

export interface IPartProps {
  model: FormModel;
  trans: TranslationBundle;
}

/** What the job runs. */
export function ProgramPart({ model, trans }: IPartProps): JSX.Element {
  const { form, defaults } = model;
  const folder = defaults ? directoryOf(form, defaults) : '';
  const fallback = defaults
    ? directoryOf({ ...form, workingDirectory: '' }, defaults)
    : '';
  return (
    <>
      <div className="mf-FieldPair">
        <ChoiceInput
          model={model}
          field="framework"
          label={trans.__('Framework')}
          choices={frameworkChoices(model, trans)}
          hint={frameworkHint(model, trans)}
        />
        <ChoiceInput
          model={model}
          field="program"
          label={trans.__('Program')}
          choices={programChoices(model, trans)}
          choose={value => model.selectProgram(value as Program)}
        />
      </div>
      <WhatRuns model={model} trans={trans} />
      <TextInput
        model={model}
        field="arguments"
        label={trans.__('Arguments')}
        placeholder="--epochs 10 --verbose"
        hint={trans.__('As on the command line. Quote values with spaces.')}
      />
      <RowList
        model={model}
        trans={trans}
        field="hyperparameters"
        title={trans.__('Hyper-parameters')}
        hint={
          form.program === 'notebook'
            ? trans.__('The notebook gets them as parameters.')
            : trans.__('Passed after the arguments as --name=value.')
        }
        add={trans.__('Add hyper-parameter')}
        remove={number => trans.__('Remove hyper-parameter %1', number)}
        empty={{ name: '', value: '' }}
      >
        {cells => (
          <>
            {cells.text(
              'name',
              trans.__('Name of hyper-parameter %1', String(cells.at + 1)),
              'learning_rate'
            )}
            {cells.text(
              'value',
              trans.__('Value of hyper-parameter %1', String(cells.at + 1)),
              '0.001'
            )}
          </>
        )}
      </RowList>
      <TextInput
        model={model}
        field="flags"
        label={trans.__('Flags')}
        placeholder="no-cuda verbose"
        hint={
          form.program === 'notebook'
            ? trans.__('Parameters that are True. Separate names with spaces.')
            : trans.__(
                'Passed as --name, without a value. Separate names with spaces.'
              )
        }
      />
      <TextInput
        model={model}
        field="workingDirectory"
        label={trans.__('Working directory')}
        placeholder={fallback}
        hint={form.workingDirectory ? '' : trans.__('Default: %1', fallback)}
      />
      <CodePart model={model} trans={trans} folder={folder} />
    </>
  );
}

function WhatRuns({ model, trans }: IPartProps): JSX.Element {
  const { program } = model.form;
  if (program === 'command') {
    return (
      <TextInput
        model={model}
        field="command"
        label={trans.__('Command')}
        placeholder="python -m trainer.main"
        hint={trans.__(
          'Each replica runs it; no shell reads it, so write no && and no $NAME.'
        )}
      />
    );
  }
  const hints = {
    script: trans.__(
      'Path of a Python file, a notebook or a program, as the job sees it.'
    ),
    notebook: trans.__(
      'Papermill runs it in one container; unsaved changes are saved on submission.'
    ),
    converted: trans.__(
      'The code of %1 is written to this file on submission.',
      model.notebook
    )
  };
  return (
    <TextInput
      model={model}
      field="script"
      label={trans.__('Script')}
      placeholder="/home/jovyan/train.py"
      hint={hints[program]}
      extra={
        <button
          type="button"
          className="mf-TextButton"
          onClick={() => void model.browse()}
        >
          <folderIcon.react tag="span" />
          {trans.__('Browse…')}
        </button>
      }
    />
  );
}

function CodePart({
  model,
  trans,
  folder
}: IPartProps & { folder: string }): JSX.Element {
  const { form, defaults } = model;
  const choices: [CodeChoice, string][] = [
    ['in_place', trans.__('Live files')],
    ['snapshot', trans.__('Snapshot')]
  ];
  if (form.reusedCode) {
    choices.push(['reuse', trans.__('The copy that %1 ran', form.rerunOf)]);
  }
  const hints = {
    in_place: trans.__(
      'Later edits are picked up when the job starts or restarts.'
    ),
    snapshot: trans.__(
      'At most 5 GB, 1000 files and 32 folders deep; .mofangignore leaves files out.'
    ),
    reuse: trans.__('Of %1.', form.reusedCode?.directory ?? '')
  };
  return (
    <>
      <div className="mf-FieldPair">
        <ChoiceInput
          model={model}
          field="code"
          label={trans.__('Code')}
          choices={choices}
          hint={hints[form.code]}
        />
        {form.code === 'snapshot' && (
          <TextInput
            model={model}
            field="codeDirectory"
            label={trans.__('Directory to copy')}
            placeholder={folder}
            hint={
              defaults &&
              trans.__('Copied: %1', codeDirectoryOf(form, defaults))
            }
          />
        )}
      </div>
      <TextInput
        model={model}
        field="requirements"
        label={trans.__('Requirements file')}
        placeholder="requirements.txt"
        hint={trans.__(
          'Its packages are installed before the start. Default: none.'
        )}
      />
    </>
  );
}

function programChoices(
  model: FormModel,
  trans: TranslationBundle
): [Program, string][] {
  const { notebook } = model;
  const name = notebook.split('/').pop() ?? '';
  const ofNotebook: [Program, string][] = notebook
    ? [
        ['notebook', trans.__('This notebook: %1', name)],
        ['converted', trans.__('This notebook’s code: %1', scriptPath(name))]
      ]
    : [];
  return [
    ...ofNotebook,
    ['script', trans.__('A script')],
    ['command', trans.__('A command')]
  ];
}

function frameworkChoices(
  model: FormModel,
  trans: TranslationBundle
): [string, string][] {
  const texts = frameworkTexts(trans);
  const known = Object.keys(model.defaults?.frameworks ?? {});
  const all = known.length > 0 ? known : [model.form.framework];
  return all.map(each => [each, texts[each]?.label ?? each]);
}

function frameworkHint(model: FormModel, trans: TranslationBundle): string {
  const { engine, framework } = model.form;
  return engine
    ? trans.__('Run by %1, as the repeated job was.', engine)
    : (frameworkTexts(trans)[framework]?.description ?? '');
}
