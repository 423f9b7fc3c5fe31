"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.sorted = sorted;
exports.applyEvent = applyEvent;
exports.merge = merge;
exports.filtered = filtered;
/** Newest first; jobs of the same second in the order of their ids. */
function sorted(jobs) {
    return [...jobs].sort((a, b) => b.created.localeCompare(a.created) || a.id.localeCompare(b.id));
}
function applyEvent(jobs, event) {
    const others = jobs.filter(job => job.id !== event.job.id);
    return event.type === 'deleted' ? others : sorted([...others, event.job]);
}
/** Put jobs into the list; the newer knowledge is the one that comes in. */
function merge(jobs, incoming) {
    const byId = new Map(jobs.map(job => [job.id, job]));
    incoming.forEach(job => byId.set(job.id, job));
    return sorted(byId.values());
}
/** Keep the jobs in whose name, id, owner, state or script all words occur. */
function filtered(jobs, text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    return jobs.filter(job => {
        const told = [job.spec.name, job.id, job.owner, job.state, job.spec.script]
            .join(' ')
            .toLowerCase();
        return words.every(word => told.includes(word));
    });
}
