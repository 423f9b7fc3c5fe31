import { isFinal } from '@mofang/shared';
import * as React from 'react';

import { flat } from '../model/compare';
import type { JobResult } from '../model/defaults';
import type { IDetailProps } from './detailProps';
import { DescriptionList, Section } from './section';

/** What a job's script reported; read when it is shown and when it ends. */
export function Results({
  job,
  model,
  trans
}: IDetailProps): JSX.Element | null {
  const [result, setResult] = React.useState<JobResult>({});
  const [problem, setProblem] = React.useState('');
  const ended = isFinal(job.state);
  React.useEffect(() => {
    let isCurrent = true;
    setProblem('');
    model.jobs.result(job.id).then(
      result => isCurrent && setResult(result),
      reason => isCurrent && setProblem(String(reason?.message ?? reason))
    );
    return () => {
      isCurrent = false;
    };
  }, [job.id, ended]);
  const entries = [...flat(result)];
  if (entries.length === 0 && !problem) {
    return null;
  }
  return (
    <Section title={trans.__('Results')} count={entries.length} isOpen>
      {problem ? (
        <p className="mf-Quiet" role="status">
          {problem}
        </p>
      ) : (
        <DescriptionList entries={entries} />
      )}
    </Section>
  );
}
