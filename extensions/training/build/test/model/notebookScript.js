"use strict";
/**
 * A notebook's code as a script.
 */
Object.defineProperty(exports, "__esModule", { value: true });
exports.MARK = void 0;
exports.notebookScript = notebookScript;
exports.scriptPath = scriptPath;
/** First line of every script made here: whoever finds it may replace the file. */
exports.MARK = '# Made by Mofang from';
/** Join the code cells; what only a notebook understands becomes a comment. */
function notebookScript(cells, notebookName) {
    const parts = cells
        .filter(cell => cell.cell_type === 'code')
        .map(cell => Array.isArray(cell.source) ? cell.source.join('') : cell.source)
        .map(plainPython)
        .filter(source => source.trim() !== '');
    const head = `${exports.MARK} ${notebookName}: changes here are lost.`;
    return [head, ...parts].join('\n\n') + '\n';
}
function scriptPath(notebookPath) {
    return notebookPath.replace(/\.ipynb$/, '') + '.py';
}
function plainPython(source) {
    const lines = source.trimEnd().split('\n');
    const wholeCell = lines.find(line => line.trim() !== '')?.startsWith('%%');
    return lines
        .map(line => wholeCell || /^\s*([%!]|\?\w|[\w.]+\?{1,2}$)/.test(line)
        ? line.replace(/^(\s*)/, wholeCell ? '# $1' : '$1pass  # ')
        : line)
        .join('\n');
}
