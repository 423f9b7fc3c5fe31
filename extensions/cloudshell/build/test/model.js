"use strict";
/**
 * Containers a shell can be opened in, as the training extension's server tells them.
 */
Object.defineProperty(exports, "__esModule", { value: true });
exports.terminalName = terminalName;
exports.replicaName = replicaName;
exports.targetOf = targetOf;
exports.nodeNames = nodeNames;
exports.parseNode = parseNode;
exports.choices = choices;
/** What the terminal of a container is called: `train-x1y2z3:worker-0`'s parts. */
function terminalName({ jobId, role, index }) {
    return `${jobId}:${role}:${index}`;
}
/** What people call a container: `worker-1`. */
function replicaName(replica) {
    return `${replica.role}-${replica.index}`;
}
/** Read the arguments of a command; null where they name no container. */
function targetOf(args) {
    const { jobId, role, index } = args;
    return typeof jobId === 'string' &&
        typeof role === 'string' &&
        Number.isInteger(index)
        ? { jobId, role, index: index }
        : null;
}
/** Names for the drop-down: what can be opened, and what is open. */
function nodeNames(job, current) {
    const names = (job?.replicas ?? [])
        .filter(replica => replica.shell)
        .map(replicaName);
    const open = replicaName(current);
    return names.includes(open) ? names : [open, ...names];
}
function parseNode(jobId, name) {
    const cut = name.lastIndexOf('-');
    return {
        jobId,
        role: name.slice(0, cut),
        index: Number(name.slice(cut + 1))
    };
}
/** Every container that a shell can be opened in, newest job first. */
function choices(jobs) {
    return jobs.flatMap(job => job.replicas
        .filter(replica => replica.shell)
        .map(({ role, index }) => ({
        label: `${job.spec.name} · ${replicaName({ role, index })} (${job.id})`,
        target: { jobId: job.id, role, index }
    })));
}
