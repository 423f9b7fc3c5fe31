"""Tell the script where ``mofang.report`` leaves its values: in one replica only."""

from __future__ import annotations

from pathlib import Path

from mofang_run.job.settings import RunSettings

RESULT_FILE = "MOFANG_RESULT_FILE"

# The role that holds the process of rank 0; the first of these that a job has.
_LEADERS = ("chief", "master", "launcher", "driver", "head", "worker")


def result_environment(settings: RunSettings) -> dict[str, str]:
    """Return the variable, empty in replicas that have nothing to report."""
    leader = next((role for role in _LEADERS if role in settings.roles), settings.role)
    if settings.log_file is None or (settings.role, settings.index) != (leader, 0):
        return {}
    return {RESULT_FILE: str(Path(settings.log_file).with_name("result.json"))}
