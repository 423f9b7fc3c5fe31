/**
 * A notebook's code as a script.
 */

/** First line of every script made here: whoever finds it may replace the file. */
export const MARK = '# Made by Mofang from';

interface ICell {
  cell_type: string;
  source: string | string[];
}

/** Join the code cells; what only a notebook understands becomes a comment. */
export function notebookScript(
  cells: readonly ICell[],
  notebookName: string
): string {
  const parts = cells
    .filter(cell => cell.cell_type === 'code')
    .map(cell =>
      Array.isArray(cell.source) ? cell.source.join('') : cell.source
    )
    .map(plainPython)
    .filter(source => source.trim() !== '');
  const head = `${MARK} ${notebookName}: changes here are lost.`;
  return [head, ...parts].join('\n\n') + '\n';
}

export function scriptPath(notebookPath: string): string {
  return notebookPath.replace(/\.ipynb$/, '') + '.py';
}

function plainPython(source: string): string {
  const lines = source.trimEnd().split('\n');
  const wholeCell = lines.find(line => line.trim() !== '')?.startsWith('%%');
  return lines
    .map(line =>
      wholeCell || /^\s*([%!]|\?\w|[\w.]+\?{1,2}$)/.test(line)
        ? line.replace(/^(\s*)/, wholeCell ? '# $1' : '$1pass  # ')
        : line
    )
    .join('\n');
}
