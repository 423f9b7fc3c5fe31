"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.parseQuantity = parseQuantity;
/**
 * Kubernetes quantities: `500m`, `2`, `1.5Gi`.
 */
const FACTORS = {
    '': 1,
    m: 1e-3,
    k: 1e3,
    M: 1e6,
    G: 1e9,
    T: 1e12,
    Ki: 2 ** 10,
    Mi: 2 ** 20,
    Gi: 2 ** 30,
    Ti: 2 ** 40
};
/** Return the number meant; null where it is none. */
function parseQuantity(text) {
    const match = /^(\d+(?:\.\d+)?|\.\d+)(m|[kMGT]|[KMGT]i)?$/.exec(text.trim());
    return match ? Number(match[1]) * FACTORS[match[2] ?? ''] : null;
}
