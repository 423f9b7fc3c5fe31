"""The message for users of a job that seems to hang. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from mofang_jobs.domain.hang_settings import HangSettings
from mofang_jobs.domain.idle_periods import IdlePeriod

SHOWN_NAMES = 3
MINUTE = 60.0
HOUR = 60 * MINUTE


def hang_message(idle_periods: Mapping[str, IdlePeriod], settings: HangSettings) -> str:
    """Return what is quiet since when, what the processors do, and what to do."""
    last = min(idle_periods.values(), key=lambda each: each.seconds)
    names = list(idle_periods)
    who = names[0] if len(names) == 1 else f"all {len(names)} replicas"
    return (
        f"The job seems to hang: no process of {who} has read or written anything for "
        f"{_duration(last.seconds)} (since {last.began:%H:%M} UTC), and "
        f"{_processors(idle_periods, settings)}. {_suspects(idle_periods, settings)}"
        "Look at the log, or open a shell there and run `py-spy dump --pid` on the "
        "script's process to see where it waits; cancel and rerun the job if it does "
        "not go on."
    )


def name_some(names: Sequence[str]) -> str:
    """Return names in a sentence, the first few of many."""
    shown = names[:SHOWN_NAMES]
    more = len(names) - len(shown)
    if more:
        return f"{', '.join(shown)} and {more} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))


def _processors(idle_periods: Mapping[str, IdlePeriod], settings: HangSettings) -> str:
    percents = [
        gpu.percent
        for idle_period in idle_periods.values()
        for each in idle_period.samples[-settings.gpu_window :]
        for gpu in each.gpus or ()
        if gpu.percent is not None
    ]
    if not percents:
        return "it uses no CPU"
    level = median(percents)
    if level <= max(settings.gpu_idle_percent, 0.0):
        return "its GPUs are idle"
    return f"its GPUs stay at {level:.0f} %, as in a wait for another replica"


def _suspects(idle_periods: Mapping[str, IdlePeriod], settings: HangSettings) -> str:
    """Name those that fell silent well before the others did."""
    if len(idle_periods) == 1:
        return ""
    quiet = min(each.seconds for each in idle_periods.values())
    border = quiet + 2 * settings.sample_seconds
    early = [name for name, each in idle_periods.items() if each.seconds >= border]
    if not early or len(early) == len(idle_periods):
        return ""
    longest = max(each.seconds for each in idle_periods.values())
    return (
        f"The first to become idle: {name_some(early)}, {_duration(longest - quiet)} "
        "before the last. "
    )


def _duration(seconds: float) -> str:
    if seconds < 2 * MINUTE:
        return f"{seconds:.0f} seconds"
    if seconds < 2 * HOUR:
        return f"{seconds // MINUTE:.0f} minutes"
    return f"{seconds // HOUR:.0f} hours"
