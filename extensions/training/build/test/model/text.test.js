"use strict";
var __importDefault = (this && this.__importDefault) || function (mod) {
    return (mod && mod.__esModule) ? mod : { "default": mod };
};
Object.defineProperty(exports, "__esModule", { value: true });
const strict_1 = __importDefault(require("node:assert/strict"));
const node_test_1 = require("node:test");
const duration_1 = require("./duration");
const notebookScript_1 = require("./notebookScript");
const quantity_1 = require("./quantity");
const shellWords_1 = require("./shellWords");
(0, node_test_1.test)('words are split as a shell does', () => {
    strict_1.default.deepEqual((0, shellWords_1.splitWords)(`a  "b c" 'd"e' f\\ g h=""`), [
        'a',
        'b c',
        'd"e',
        'f g',
        'h='
    ]);
    strict_1.default.equal((0, shellWords_1.splitWords)('"open'), null);
    strict_1.default.deepEqual((0, shellWords_1.splitWords)(''), []);
});
(0, node_test_1.test)('words that were joined are split again', () => {
    const words = ['plain', 'with space', "it's", '', '$HOME', '\\', '"'];
    strict_1.default.deepEqual((0, shellWords_1.splitWords)((0, shellWords_1.joinWords)(words)), words);
});
(0, node_test_1.test)('quantities are those of Kubernetes', () => {
    strict_1.default.equal((0, quantity_1.parseQuantity)('500m'), 0.5);
    strict_1.default.equal((0, quantity_1.parseQuantity)('1.5Gi'), 1.5 * 2 ** 30);
    strict_1.default.equal((0, quantity_1.parseQuantity)('2'), 2);
    for (const bad of ['', '2 Gi', 'Gi', '-1', '1e3', '2GB']) {
        strict_1.default.equal((0, quantity_1.parseQuantity)(bad), null, bad);
    }
});
(0, node_test_1.test)('durations are short', () => {
    strict_1.default.equal((0, duration_1.shortDuration)(-5), '0 s');
    strict_1.default.equal((0, duration_1.shortDuration)(59_000), '59 s');
    strict_1.default.equal((0, duration_1.shortDuration)(61_000), '1 min');
    strict_1.default.equal((0, duration_1.shortDuration)(9_000_000), '2 h 30 min');
    strict_1.default.equal((0, duration_1.shortDuration)(300_000_000), '3 d');
});
(0, node_test_1.test)('a notebook becomes a script that Python reads', () => {
    const cells = [
        { cell_type: 'markdown', source: '# Title' },
        { cell_type: 'code', source: '%matplotlib inline\nimport torch' },
        { cell_type: 'code', source: ['if True:\n', '    !nvidia-smi\n'] },
        { cell_type: 'code', source: '%%bash\nls' },
        { cell_type: 'code', source: '' }
    ];
    strict_1.default.equal((0, notebookScript_1.notebookScript)(cells, 'train.ipynb'), [
        '# Made by Mofang from train.ipynb: changes here are lost.\n',
        'pass  # %matplotlib inline\nimport torch\n',
        'if True:\n    pass  # !nvidia-smi\n',
        '# %%bash\n# ls\n'
    ].join('\n'));
    strict_1.default.equal((0, notebookScript_1.scriptPath)('a/train.ipynb'), 'a/train.py');
});
