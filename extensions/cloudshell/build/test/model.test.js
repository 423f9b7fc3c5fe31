"use strict";
var __importDefault = (this && this.__importDefault) || function (mod) {
    return (mod && mod.__esModule) ? mod : { "default": mod };
};
Object.defineProperty(exports, "__esModule", { value: true });
const strict_1 = __importDefault(require("node:assert/strict"));
const node_test_1 = require("node:test");
const model_1 = require("./model");
const job = {
    id: 'train-abc123',
    spec: { name: 'train' },
    replicas: [
        { role: 'worker', index: 0, state: 'Running', shell: true },
        { role: 'worker', index: 1, state: 'Pending', shell: false },
        { role: 'ps-cpu', index: 2, state: 'Running', shell: true }
    ]
};
(0, node_test_1.test)('only containers that take a shell are offered', () => {
    strict_1.default.deepEqual((0, model_1.choices)([job]).map(choice => choice.label), ['train · worker-0 (train-abc123)', 'train · ps-cpu-2 (train-abc123)']);
});
(0, node_test_1.test)('the open container stays in the drop-down after its end', () => {
    const gone = { jobId: job.id, role: 'worker', index: 1 };
    strict_1.default.deepEqual((0, model_1.nodeNames)(job, gone), ['worker-1', 'worker-0', 'ps-cpu-2']);
    strict_1.default.deepEqual((0, model_1.nodeNames)(null, gone), ['worker-1']);
});
(0, node_test_1.test)('a name of the drop-down leads back to its container', () => {
    strict_1.default.deepEqual((0, model_1.parseNode)('train-abc123', 'ps-cpu-2'), {
        jobId: 'train-abc123',
        role: 'ps-cpu',
        index: 2
    });
});
(0, node_test_1.test)('a command without a container asks for one', () => {
    strict_1.default.equal((0, model_1.targetOf)({ isLauncher: true }), null);
    strict_1.default.equal((0, model_1.targetOf)({ jobId: 'a', role: 'worker', index: 'x' }), null);
    strict_1.default.deepEqual((0, model_1.targetOf)({ jobId: 'a', role: 'worker', index: 0 }), {
        jobId: 'a',
        role: 'worker',
        index: 0
    });
});
