"use strict";
var __importDefault = (this && this.__importDefault) || function (mod) {
    return (mod && mod.__esModule) ? mod : { "default": mod };
};
Object.defineProperty(exports, "__esModule", { value: true });
const strict_1 = __importDefault(require("node:assert/strict"));
const node_test_1 = require("node:test");
const jobForm_1 = require("./jobForm");
const defaults = {
    project: 'vision',
    environment: 'pytorch',
    image: 'docker.io/mofang/pytorch:1',
    working_directory: '/home/jovyan',
    root: '/',
    limits: {
        replicas: 64,
        gpu: 16,
        cpu: 256,
        memory_min: 2 ** 26,
        memory_max: 2 ** 42
    }
};
const trans = {
    __: (sentence, ...values) => values.reduce((text, value, at) => text.replace(`%${at + 1}`, value), sentence)
};
const good = {
    ...(0, jobForm_1.emptyForm)(),
    name: 'train',
    script: '/home/jovyan/code/train.py'
};
(0, node_test_1.test)('a form with a name and a script is enough', () => {
    strict_1.default.deepEqual((0, jobForm_1.validate)(good, defaults, trans), {});
    const spec = (0, jobForm_1.specOf)(good, defaults);
    strict_1.default.equal(spec.image, defaults.image);
    strict_1.default.equal(spec.environment_name, 'pytorch');
    strict_1.default.equal(spec.working_directory, '/home/jovyan/code');
});
const wrong = [
    ['no name', { name: ' ' }, 'name'],
    ['a name too long', { name: 'x'.repeat(64) }, 'name'],
    ['no script', { script: '' }, 'script'],
    ['an open quotation', { arguments: '--name "a' }, 'arguments'],
    ['no replica', { replicas: '0' }, 'replicas'],
    ['half a replica', { replicas: '1.5' }, 'replicas'],
    ['too many replicas', { replicas: '65' }, 'replicas'],
    ['GPUs below zero', { gpu: '-1' }, 'gpu'],
    ['a CPU that is no number', { cpu: 'two' }, 'cpu'],
    ['memory without a unit', { memory: '4' }, 'memory'],
    ['memory with spaces', { memory: '4 Gi b' }, 'memory'],
    ['a relative folder', { workingDirectory: 'code' }, 'workingDirectory'],
    [
        'a variable with a dash',
        { environment: [{ name: 'A-B', value: '' }] },
        'environment'
    ],
    [
        'a variable twice',
        {
            environment: [
                { name: 'A', value: '1' },
                { name: 'A', value: '2' }
            ]
        },
        'environment'
    ]
];
for (const [what, part, field] of wrong) {
    (0, node_test_1.test)(`${what} is told at its field`, () => {
        const errors = (0, jobForm_1.validate)({ ...good, ...part }, defaults, trans);
        strict_1.default.deepEqual(Object.keys(errors), [field]);
    });
}
(0, node_test_1.test)('a job submitted again is the same job', () => {
    const form = {
        ...good,
        arguments: `--note "it's fine" --lr 3e-4`,
        environment: [{ name: 'OMP_NUM_THREADS', value: '2' }],
        workingDirectory: '/home/jovyan'
    };
    const spec = (0, jobForm_1.specOf)(form, defaults);
    strict_1.default.deepEqual(spec.arguments, ['--note', "it's fine", '--lr', '3e-4']);
    strict_1.default.deepEqual((0, jobForm_1.specOf)((0, jobForm_1.formOf)(spec, defaults), defaults), spec);
});
(0, node_test_1.test)('empty rows of variables are not sent', () => {
    const environment = [{ name: '', value: '' }];
    strict_1.default.deepEqual((0, jobForm_1.specOf)({ ...good, environment }, defaults).environment, {});
});
(0, node_test_1.test)('the service’s sentences go to their fields', () => {
    const [placed, rest] = (0, jobForm_1.placeErrors)({
        'resources.cpu': 'Too much.',
        'environment.TOKEN': 'Looks like a secret.',
        'arguments.3': 'Too long.',
        '': 'Too large in all.',
        framework: 'Unknown.'
    });
    strict_1.default.deepEqual(placed, {
        cpu: 'Too much.',
        environment: 'Looks like a secret.',
        arguments: 'Too long.'
    });
    strict_1.default.deepEqual(rest, ['Too large in all.', 'framework: Unknown.']);
});
(0, node_test_1.test)('a job is called after its script', () => {
    strict_1.default.equal((0, jobForm_1.nameOf)('/home/jovyan/My train.py'), 'My train');
    strict_1.default.equal((0, jobForm_1.nameOf)(''), '');
});
