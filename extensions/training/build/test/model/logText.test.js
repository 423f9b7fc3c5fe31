"use strict";
var __importDefault = (this && this.__importDefault) || function (mod) {
    return (mod && mod.__esModule) ? mod : { "default": mod };
};
Object.defineProperty(exports, "__esModule", { value: true });
const strict_1 = __importDefault(require("node:assert/strict"));
const node_test_1 = require("node:test");
const logText_1 = require("./logText");
(0, node_test_1.test)('lines are cut where they end, not where pieces end', () => {
    const cutter = new logText_1.LineCutter();
    strict_1.default.deepEqual(cutter.push('one\ntw'), ['one']);
    strict_1.default.equal(cutter.pending, 'tw');
    strict_1.default.deepEqual(cutter.push('o\nthree'), ['two']);
    strict_1.default.deepEqual(cutter.rest(), ['three']);
    strict_1.default.deepEqual(cutter.rest(), []);
});
(0, node_test_1.test)('an endless line does not grow for ever', () => {
    const cutter = new logText_1.LineCutter();
    strict_1.default.equal(cutter.push('x'.repeat(100_000)).length, 1);
    strict_1.default.equal(cutter.pending, '');
});
(0, node_test_1.test)('colours go, and a progress bar shows what it showed last', () => {
    strict_1.default.equal((0, logText_1.shownLine)('\x1b[1;32mdone\x1b[0m\r').text, 'done');
    strict_1.default.equal((0, logText_1.shownLine)(' 10%\r 50%\r100%').text, '100%');
    strict_1.default.equal((0, logText_1.shownLine)('\x1b]0;title\x07text').text, 'text');
});
(0, node_test_1.test)('the platform’s own lines are known by their mark', () => {
    strict_1.default.equal((0, logText_1.shownLine)('[Mofang] starts').isSystem, true);
    strict_1.default.equal((0, logText_1.shownLine)('epoch 1').isSystem, false);
});
(0, node_test_1.test)('a part from the middle begins with a whole line', () => {
    const bytes = new TextEncoder().encode('é half\nwhole\n').subarray(1);
    strict_1.default.equal((0, logText_1.firstLineStart)(bytes), 7);
    strict_1.default.equal((0, logText_1.firstLineStart)(new TextEncoder().encode('no break')), 0);
});
(0, node_test_1.test)('a search finds every place, in any case', () => {
    strict_1.default.deepEqual((0, logText_1.matches)('Loss loss LOSS', 'loss'), [0, 5, 10]);
    strict_1.default.deepEqual((0, logText_1.matches)('aaa', 'aa'), [0]);
    strict_1.default.deepEqual((0, logText_1.matches)('anything', ''), []);
});
