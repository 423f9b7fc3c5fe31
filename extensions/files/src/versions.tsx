import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type {
  IContent,
  IFiles,
  IRestored,
  IVersions,
  RestoreMode
} from './model';
import { sizeText } from './space';

export interface IPanelProps {
  /** Of the file browser. */
  path: string;
  files: IFiles;
  /** Called when files have changed. */
  changed: () => void;
  trans: TranslationBundle;
}

interface IShown {
  title: string;
  text: string;
}

/** Say a time in the person's own form. */
export function timeText(time: string): string {
  return new Date(time).toLocaleString();
}

/** The previous versions of one file or directory. */
export function VersionsPanel(props: IPanelProps): JSX.Element {
  const { path, files, changed, trans } = props;
  const [found, setFound] = React.useState<IVersions | null>(null);
  const [failure, setFailure] = React.useState('');
  const [notice, setNotice] = React.useState('');
  const [undone, setUndone] = React.useState<{
    path: string;
    undo: string;
  } | null>(null);
  const [shown, setShown] = React.useState<IShown | null>(null);

  /** Do something, and say what was in the way. */
  const act = async (work: () => Promise<void>): Promise<void> => {
    setFailure('');
    try {
      await work();
    } catch (reason) {
      setFailure((reason as Error).message);
    }
  };
  const load = async (): Promise<void> => setFound(await files.versions(path));
  React.useEffect(() => {
    void act(load);
  }, [path]);

  const restore = (of: string, snapshot: string, mode: RestoreMode) =>
    act(async () => {
      const done: IRestored = await files.restore(of, snapshot, mode);
      setNotice(
        mode === 'beside'
          ? trans.__('Restored beside, as %1.', done.name)
          : trans.__('%1 was restored.', done.name)
      );
      setUndone(done.undo ? { path: of, undo: done.undo } : null);
      changed();
      await load();
    });
  const takeBack = () =>
    act(async () => {
      await files.undo(undone!.path, undone!.undo);
      setUndone(null);
      setNotice(trans.__('All is as it was before.'));
      changed();
      await load();
    });
  const show = (
    snapshot: string,
    taken: string,
    pick: (content: IContent) => IShown
  ) =>
    act(async () => {
      const shownNow = pick(await files.content(path, snapshot));
      setShown({ ...shownNow, title: `${shownNow.title} ${timeText(taken)}` });
    });

  return (
    <div className="mf-Versions">
      <h2>{trans.__('Previous versions of %1', path)}</h2>
      <div role="status">
        {notice}{' '}
        {undone && (
          <button type="button" onClick={() => void takeBack()}>
            {trans.__('Undo')}
          </button>
        )}
      </div>
      {failure && <p role="alert">{failure}</p>}
      {!found && !failure && <p>{trans.__('Reading snapshots…')}</p>}
      {found?.reason && <p>{found.reason}</p>}
      {found &&
        !found.reason &&
        found.versions.length + found.deleted.length === 0 && (
          <p>{trans.__('No snapshot has it yet. One is taken each hour.')}</p>
        )}
      {found && found.versions.length > 0 && (
        <table aria-label={trans.__('Versions')}>
          <tbody>
            {found.versions.map(version => {
              const { snapshot, taken, is_directory, current, size } = version;
              const time = timeText(taken);
              return (
                <tr key={snapshot}>
                  <th scope="row">
                    <time dateTime={taken}>{time}</time>
                  </th>
                  <td>
                    {is_directory
                      ? trans.__('directory')
                      : current
                        ? trans.__('as it is now')
                        : sizeText(size)}
                  </td>
                  <td>
                    {!is_directory && (
                      <>
                        <button
                          type="button"
                          aria-label={trans.__('Show the version of %1', time)}
                          onClick={() =>
                            void show(snapshot, taken, ({ text }) => ({
                              title: trans.__('Version of'),
                              text
                            }))
                          }
                        >
                          {trans.__('Show')}
                        </button>
                        <button
                          type="button"
                          aria-label={trans.__('Compare with %1', time)}
                          onClick={() =>
                            void show(snapshot, taken, ({ difference }) => ({
                              title: trans.__('What changed since'),
                              text:
                                difference === null
                                  ? trans.__('It was deleted since.')
                                  : difference ||
                                    trans.__('Nothing of its text.')
                            }))
                          }
                        >
                          {trans.__('Compare')}
                        </button>
                      </>
                    )}
                    <button
                      type="button"
                      aria-label={trans.__('Restore %1 beside', time)}
                      onClick={() => void restore(path, snapshot, 'beside')}
                    >
                      {trans.__('Restore beside')}
                    </button>
                    <button
                      type="button"
                      aria-label={trans.__('Restore %1 in place', time)}
                      onClick={() => void restore(path, snapshot, 'in_place')}
                    >
                      {trans.__('Restore in place')}
                    </button>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
      {found && found.deleted.length > 0 && (
        <>
          <h3>{trans.__('Deleted from this directory')}</h3>
          <table aria-label={trans.__('Deleted')}>
            <tbody>
              {found.deleted.map(({ name, snapshot, taken, is_directory }) => (
                <tr key={name}>
                  <th scope="row">{is_directory ? `${name}/` : name}</th>
                  <td>{trans.__('last there: %1', timeText(taken))}</td>
                  <td>
                    <button
                      type="button"
                      aria-label={trans.__('Restore %1', name)}
                      onClick={() =>
                        void restore(`${path}/${name}`, snapshot, 'in_place')
                      }
                    >
                      {trans.__('Restore')}
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
      {shown && (
        <section aria-label={shown.title}>
          <h3>{shown.title}</h3>
          <pre tabIndex={0}>{shown.text}</pre>
        </section>
      )}
    </div>
  );
}
