"use strict";
var __importDefault = (this && this.__importDefault) || function (mod) {
    return (mod && mod.__esModule) ? mod : { "default": mod };
};
Object.defineProperty(exports, "__esModule", { value: true });
const strict_1 = __importDefault(require("node:assert/strict"));
const node_test_1 = require("node:test");
const events_1 = require("./events");
(0, node_test_1.test)('events come out whole, however the text was cut', () => {
    const text = 'event: job\ndata: {"a": 1}\n\n: still here\n\ndata: 2\n\n';
    for (let size = 1; size < text.length; size++) {
        const parser = new events_1.EventParser();
        const found = [];
        for (let at = 0; at < text.length; at += size) {
            found.push(...parser.push(text.slice(at, at + size)));
        }
        strict_1.default.deepEqual(found, ['{"a": 1}', '2']);
    }
});
(0, node_test_1.test)('data of several lines is one event', () => {
    strict_1.default.deepEqual(new events_1.EventParser().push('data: a\ndata: b\n\n'), ['a\nb']);
});
(0, node_test_1.test)('attempts are spread, and never further apart than 30 s', () => {
    strict_1.default.equal((0, events_1.backOff)(0, 0), 500);
    strict_1.default.equal((0, events_1.backOff)(0, 1), 1000);
    strict_1.default.equal((0, events_1.backOff)(20, 1), 30_000);
});
