import * as React from 'react';

/** A part of the details that folds. */
export function Section(props: {
  title: string;
  count?: number;
  isOpen?: boolean;
  children: React.ReactNode;
}): JSX.Element {
  return (
    <details className="mf-Section" open={props.isOpen}>
      <summary>
        {props.title}
        {props.count !== undefined && (
          <span className="mf-Quiet"> {props.count}</span>
        )}
      </summary>
      {props.children}
    </details>
  );
}

/** Names and what they stand for. */
export function DescriptionList(props: {
  entries: readonly [string, React.ReactNode][];
}): JSX.Element {
  return (
    <dl className="mf-Facts">
      {props.entries.map(([name, value]) => (
        <React.Fragment key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </React.Fragment>
      ))}
    </dl>
  );
}
