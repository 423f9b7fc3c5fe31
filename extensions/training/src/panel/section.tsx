import * as React from 'react';

/** Collapsible section of the details. */
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

/** Name-value pairs. */
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
