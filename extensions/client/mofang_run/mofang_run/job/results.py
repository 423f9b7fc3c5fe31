"""Tell the script where ``mofang.report`` leaves its values: in one replica only."""

from __future__ import annotations

from pathlib import Path

from mofang_run.job.declarations import FRAMEWORKS
from mofang_run.job.settings import RunSettings

RESULT_FILE = "MOFANG_RESULT_FILE"

_WORKER = "worker"


def result_environment(settings: RunSettings) -> dict[str, str]:
    """Return the variable, empty in replicas that have nothing to report."""
    leader = _leading_role(settings)
    if settings.log_file is None or (settings.role, settings.index) != (leader, 0):
        return {}
    return {RESULT_FILE: str(Path(settings.log_file).with_name("result.json"))}


def _leading_role(settings: RunSettings) -> str:
    """Return the role that holds the process of rank 0."""
    deciding = {each.success_role for each in FRAMEWORKS.values()}
    found = next((role for role in settings.roles if role in deciding), "")
    return found or (_WORKER if _WORKER in settings.roles else settings.role)
