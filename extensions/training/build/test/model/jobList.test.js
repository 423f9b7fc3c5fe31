"use strict";
var __importDefault = (this && this.__importDefault) || function (mod) {
    return (mod && mod.__esModule) ? mod : { "default": mod };
};
Object.defineProperty(exports, "__esModule", { value: true });
const strict_1 = __importDefault(require("node:assert/strict"));
const node_test_1 = require("node:test");
const jobList_1 = require("./jobList");
function job(id, created, state = 'Running') {
    const spec = { name: id, script: '/home/jovyan/train.py' };
    return { id, created, state, owner: 'ada', spec };
}
const old = job('old', '2026-11-23T04:00:00Z');
const young = job('young', '2026-11-23T05:00:00Z');
const ids = (jobs) => jobs.map(each => each.id);
(0, node_test_1.test)('the newest job comes first, in whatever order they arrive', () => {
    strict_1.default.deepEqual(ids((0, jobList_1.merge)([], [old, young])), ['young', 'old']);
    const added = (0, jobList_1.applyEvent)([old], { type: 'added', job: young });
    strict_1.default.deepEqual(ids(added), ['young', 'old']);
});
(0, node_test_1.test)('a change takes the place of what was known', () => {
    const failed = job('old', old.created, 'Failed');
    const jobs = (0, jobList_1.applyEvent)([young, old], { type: 'modified', job: failed });
    strict_1.default.deepEqual(ids(jobs), ['young', 'old']);
    strict_1.default.equal(jobs[1].state, 'Failed');
});
(0, node_test_1.test)('an event that comes twice changes nothing more', () => {
    const once = (0, jobList_1.applyEvent)([old], { type: 'added', job: young });
    strict_1.default.deepEqual((0, jobList_1.applyEvent)(once, { type: 'added', job: young }), once);
});
(0, node_test_1.test)('a deleted job goes, and going twice is fine', () => {
    const gone = (0, jobList_1.applyEvent)([young, old], { type: 'deleted', job: old });
    strict_1.default.deepEqual(ids(gone), ['young']);
    strict_1.default.deepEqual((0, jobList_1.applyEvent)(gone, { type: 'deleted', job: old }), gone);
});
(0, node_test_1.test)('a filter wants every word, in any field and any case', () => {
    const jobs = [young, job('other', old.created, 'Failed')];
    strict_1.default.deepEqual(ids((0, jobList_1.filtered)(jobs, 'FAILED oth')), ['other']);
    strict_1.default.deepEqual(ids((0, jobList_1.filtered)(jobs, 'train.py')), ['young', 'other']);
    strict_1.default.deepEqual(ids((0, jobList_1.filtered)(jobs, 'young failed')), []);
});
