import * as React from 'react';

import { isWithin, type FormErrors } from '../model/formErrors';

interface ISectionProps {
  title: string;
  /** What it holds, in a few words; shown while it is closed. */
  summary: string;
  /** Whether it holds something that a person asked for. */
  isOpen: boolean;
  /** Paths of its fields, or of groups of them. */
  groups: readonly string[];
  errors: FormErrors;
  children: React.ReactNode;
}

/** A part of the form; it opens by itself for what is wrong in it. */
export function Section(props: ISectionProps): JSX.Element {
  const { title, summary, groups, errors } = props;
  const [isOpen, setOpen] = React.useState(props.isOpen);
  const hasError = Object.keys(errors).some(path =>
    groups.some(group => isWithin(path, group))
  );
  React.useEffect(() => {
    if (hasError) {
      setOpen(true);
    }
  }, [hasError]);
  return (
    <details
      className="mf-FormSection"
      open={isOpen}
      onToggle={event => setOpen(event.currentTarget.open)}
    >
      <summary>
        <h3>{title}</h3>
        {!isOpen && <span className="mf-Quiet">{summary}</span>}
      </summary>
      <div className="mf-FormSectionBody">{props.children}</div>
    </details>
  );
}
