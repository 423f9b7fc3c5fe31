"use strict";
/**
 * Text of a log as it is shown: whole lines, without what a terminal would eat.
 */
Object.defineProperty(exports, "__esModule", { value: true });
exports.LineCutter = exports.SYSTEM_MARK = void 0;
exports.shownLine = shownLine;
exports.firstLineStart = firstLineStart;
exports.matches = matches;
/** The platform marks its own lines with this. */
exports.SYSTEM_MARK = '[Mofang]';
const ESCAPES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])/g;
/** Drop colours, and of a progress bar keep what it showed last. */
function shownLine(raw) {
    const clean = raw.replace(ESCAPES, '').replace(/\r+$/, '');
    const text = clean.slice(clean.lastIndexOf('\r') + 1);
    return { text, isSystem: text.includes(exports.SYSTEM_MARK) };
}
/** Cuts text that arrives in pieces into lines. */
class LineCutter {
    /** Take a piece; return the lines it completes. */
    push(piece) {
        const lines = (this._rest + piece).split('\n');
        this._rest = lines.pop() ?? '';
        // An endless line would grow for ever and cost more with each piece.
        if (this._rest.length > LONGEST_LINE) {
            lines.push(this._rest);
            this._rest = '';
        }
        return lines;
    }
    /** What came after the last line break: a progress bar, say. */
    get pending() {
        return this._rest;
    }
    /** What came after the last line break, now that nothing more comes. */
    rest() {
        const rest = this._rest;
        this._rest = '';
        return rest === '' ? [] : [rest];
    }
    _rest = '';
}
exports.LineCutter = LineCutter;
const LONGEST_LINE = 64 * 1024;
/** Where in bytes read from the middle of a log the first whole line starts. */
function firstLineStart(bytes) {
    const cut = bytes.indexOf(10);
    return cut < 0 ? 0 : cut + 1;
}
/** Positions of a text in a line, in lower case both. */
function matches(line, wanted) {
    const found = [];
    if (!wanted) {
        return found;
    }
    const text = line.toLowerCase();
    for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
        found.push(at);
    }
    return found;
}
