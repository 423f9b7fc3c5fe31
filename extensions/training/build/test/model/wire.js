"use strict";
/**
 * The wire format of training jobs, as `mofang.models` defines it.
 */
Object.defineProperty(exports, "__esModule", { value: true });
exports.isFinal = isFinal;
exports.replicaName = replicaName;
function isFinal(state) {
    return state === 'Succeeded' || state === 'Failed' || state === 'Cancelled';
}
/** What people call a replica: `worker-1`. */
function replicaName(replica) {
    return `${replica.role}-${replica.index}`;
}
