/**
 * A notebook's code as a script.
 */
import { PythonLines } from './pythonLines';

/** First line of every script made here: whoever finds it may replace the file. */
export const MARK = '# Made by Mofang from';

interface ICell {
  cell_type: string;
  source: string | string[];
}

/** A cell that is no Python. */
export interface ILeftOut {
  /** Of the cell in the notebook, from 1. */
  position: number;
  /** What it says it is: `%%bash`. */
  magic: string;
}

export interface IScript {
  source: string;
  leftOut: ILeftOut[];
}

/** The rest of such a cell is Python as any other. */
const OVER_PYTHON = new Set(['%%time', '%%timeit', '%%capture', '%%prun']);
/** Lines that only a notebook understands, where a statement can begin. */
const FOR_NOTEBOOKS = /^\s*([%!]|\?\w|[\w.]+\?{1,2}\s*$)/;

/** Join the code cells; what only a notebook understands becomes a comment. */
export function notebookScript(
  cells: readonly ICell[],
  notebookName: string
): IScript {
  const parts = [`${MARK} ${notebookName}: changes here are lost.`];
  const leftOut: ILeftOut[] = [];
  cells.forEach((cell, at) => {
    const lines = linesOf(cell);
    if (cell.cell_type !== 'code' || lines.length === 0) {
      return;
    }
    const heads = headsOf(lines);
    const magic = lines[heads]?.startsWith('%%') ? firstWord(lines[heads]) : '';
    if (magic) {
      const position = at + 1;
      leftOut.push({ position, magic });
      lines.unshift(`Left out: cell ${position}, ${magic}, is not Python.`);
    }
    const commented = magic ? lines.length : heads;
    parts.push(
      [
        ...lines.slice(0, commented).map(line => `# ${line}`.trimEnd()),
        ...plainPython(lines.slice(commented))
      ].join('\n')
    );
  });
  return { source: parts.join('\n\n') + '\n', leftOut };
}

export function scriptPath(notebookPath: string): string {
  return notebookPath.replace(/\.ipynb$/, '') + '.py';
}

/** The lines of a cell from the first that says something. */
function linesOf({ source }: ICell): string[] {
  const text = Array.isArray(source) ? source.join('') : source;
  const lines = text.trimEnd().split('\n');
  const first = lines.findIndex(line => line.trim() !== '');
  return first < 0 ? [] : lines.slice(first);
}

/** How many lines only tell the notebook what to do around the Python below. */
function headsOf(lines: readonly string[]): number {
  const first = lines.findIndex(line => !OVER_PYTHON.has(firstWord(line)));
  return first < 0 ? lines.length : first;
}

function firstWord(line: string): string {
  return line.split(/\s/, 1)[0];
}

function plainPython(lines: readonly string[]): string[] {
  const python = new PythonLines();
  let isCommandOpen = false;
  return lines.map(line => {
    const isCommand =
      isCommandOpen || (python.isAtStatement && FOR_NOTEBOOKS.test(line));
    if (!isCommand) {
      python.push(line);
      return line;
    }
    const start = isCommandOpen ? '# ' : 'pass  # ';
    // A command goes on below a backslash; a comment does not.
    isCommandOpen = line.endsWith('\\');
    return line.replace(/^\s*/, indent => indent + start);
  });
}
