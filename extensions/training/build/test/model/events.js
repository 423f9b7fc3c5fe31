"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.EventParser = void 0;
exports.backOff = backOff;
/**
 * Server-sent events out of text that arrives in pieces.
 */
class EventParser {
    /** Take a piece; return the data of the events it completes. */
    push(piece) {
        this._rest += piece.replace(/\r\n?/g, '\n');
        const blocks = this._rest.split('\n\n');
        this._rest = blocks.pop() ?? '';
        return blocks
            .map(block => block
            .split('\n')
            .filter(line => line.startsWith('data:'))
            .map(line => line.slice(5).replace(/^ /, ''))
            .join('\n'))
            .filter(data => data !== '');
    }
    _rest = '';
}
exports.EventParser = EventParser;
/** Milliseconds to wait before attempt n (from 0), with up to half of it random. */
function backOff(attempt, random = Math.random()) {
    const most = Math.min(30_000, 1_000 * 2 ** attempt);
    return most / 2 + (most / 2) * random;
}
