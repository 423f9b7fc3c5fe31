"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.shortDuration = shortDuration;
exports.since = since;
/**
 * Ages and durations as people read them at a glance: `12 s`, `5 min`, `3 h`, `2 d`.
 */
function shortDuration(milliseconds) {
    const seconds = Math.max(0, Math.floor(milliseconds / 1000));
    if (seconds < 60) {
        return `${seconds} s`;
    }
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) {
        return `${minutes} min`;
    }
    const hours = Math.floor(minutes / 60);
    if (hours < 48) {
        const rest = minutes % 60;
        return rest && hours < 10 ? `${hours} h ${rest} min` : `${hours} h`;
    }
    return `${Math.floor(hours / 24)} d`;
}
function since(time, now) {
    return shortDuration(now - Date.parse(time));
}
