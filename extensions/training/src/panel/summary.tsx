import type { TranslationBundle } from '@jupyterlab/translation';
import type { IJob, IJobSpec } from '@mofang/shared';
import * as React from 'react';

import { cacheSizes } from '../model/cacheSize';
import { runTime } from '../model/duration';
import { joinShellWords } from '../model/shellWords';
import { useNow } from './clock';
import type { IDetailProps } from './detailProps';
import { DescriptionList, Section } from './section';

/** Description list of a job: owner, times, command, resources. */
export function JobSummary({ job, model, trans }: IDetailProps): JSX.Element {
  const { spec } = job;
  const now = useNow();
  const entries: [string, React.ReactNode][] = [
    [trans.__('Owner'), job.owner],
    [trans.__('Submitted'), new Date(job.created).toLocaleString()],
    [trans.__('Duration'), runTime(job, now) ?? '–'],
    [
      trans.__('Framework'),
      [spec.framework, job.workload_kind].filter(Boolean).join(' · ')
    ],
    [trans.__('Command'), commandOf(spec)],
    [trans.__('Directory'), spec.working_directory],
    ...(spec.environment
      ? [[trans.__('Environment'), spec.environment] as [string, string]]
      : []),
    [trans.__('Image'), spec.image],
    [trans.__('Per replica'), sizeOf(job, trans)]
  ];
  const caches = cacheSizes(job.cache_bytes);
  if (caches) {
    entries.push([trans.__('Usable in /cache'), caches]);
  }
  if (spec.code) {
    entries.push([
      trans.__('Code'),
      trans.__('%1, as of its submission', spec.code.directory)
    ]);
  }
  if (spec.requirements) {
    entries.push([trans.__('Requirements'), spec.requirements]);
  }
  if (spec.rerun_of) {
    const before = spec.rerun_of;
    entries.push([
      trans.__('Rerun of'),
      <button
        key="rerun"
        className="mf-Link"
        onClick={() => model.select(before)}
      >
        {before}
      </button>
    ]);
  }
  entries.push([
    trans.__('Id'),
    <span key="id" className="mf-Inline">
      {job.id}
      <button className="mf-Link" onClick={() => model.actions.copy(job.id)}>
        {trans.__('Copy id')}
      </button>
    </span>
  ]);
  return <DescriptionList entries={entries} />;
}

/** Inputs of the script: hyper-parameters, paths, variables. */
export function Parameters(props: IDetailProps): JSX.Element {
  const { job, model, trans } = props;
  const { spec } = job;
  const { openTensorBoard } = model.actions;
  const hyperparameters = [
    ...Object.entries(spec.hyperparameters).map(
      ([name, value]): [string, string] => [name, String(value)]
    ),
    ...spec.flags.map((name): [string, string] => [name, trans.__('flag')])
  ];
  const variables = [
    ...Object.entries(spec.env),
    ...Object.entries(spec.secrets).map(
      ([name, { secret, key }]): [string, string] => [
        name,
        trans.__('from secret %1, key %2', secret, key)
      ]
    )
  ];
  return (
    <>
      {hyperparameters.length > 0 && (
        <Section
          title={trans.__('Hyper-parameters')}
          count={hyperparameters.length}
          isOpen
        >
          <DescriptionList entries={hyperparameters} />
        </Section>
      )}
      {spec.inputs.length > 0 && (
        <Section title={trans.__('Inputs')} count={spec.inputs.length}>
          <DescriptionList
            entries={spec.inputs.map(({ name, path }) => [name, path])}
          />
        </Section>
      )}
      {spec.outputs.length > 0 && (
        <Section title={trans.__('Outputs')} count={spec.outputs.length} isOpen>
          <DescriptionList
            entries={spec.outputs.map(({ name, path }) => [
              name,
              <span key={name} className="mf-Place">
                {path}
                {openTensorBoard && (
                  <button
                    className="mf-Link"
                    aria-label={trans.__('TensorBoard of %1', name)}
                    onClick={() =>
                      openTensorBoard(path, `${job.spec.name} · ${name}`)
                    }
                  >
                    {trans.__('TensorBoard')}
                  </button>
                )}
              </span>
            ])}
          />
        </Section>
      )}
      {variables.length > 0 && (
        <Section title={trans.__('Variables')} count={variables.length}>
          <DescriptionList entries={variables} />
        </Section>
      )}
    </>
  );
}

function commandOf(spec: IJobSpec): string {
  const program =
    spec.command.length > 0 ? joinShellWords(spec.command) : spec.script;
  return [program, joinShellWords(spec.arguments)].filter(Boolean).join(' ');
}

function sizeOf({ spec }: IJob, trans: TranslationBundle): string {
  const { cpu, memory, gpu } = spec.resources;
  return trans.__('%1 CPU · %2 memory · %3 GPU', cpu, memory, String(gpu));
}
