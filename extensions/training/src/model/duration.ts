/**
 * Ages and durations as people read them at a glance: `12 s`, `5 min`, `3 h`, `2 d`.
 */
export function shortDuration(milliseconds: number): string {
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

/** How long a job ran, or has been running; null before it started. */
export function runTime(
  job: { started: string | null; finished: string | null },
  now: number
): string | null {
  if (job.started === null) {
    return null;
  }
  const end = job.finished === null ? now : Date.parse(job.finished);
  return shortDuration(end - Date.parse(job.started));
}

export function since(time: string, now: number): string {
  return shortDuration(now - Date.parse(time));
}
