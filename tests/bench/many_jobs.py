"""Room for far more jobs than people may have: the Project's quota for a while."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from mofang_api.quantities import read_quantity
from support.eventually import eventually
from support.platform import Platform

PROJECT = "vision"
MOST = 20_000
_NAMESPACE = f"mofang-project-{PROJECT}"


@contextmanager
def many_jobs_allowed(platform: Platform) -> Iterator[None]:
    """Let the project keep, and each member have, as many jobs as the bench makes."""
    _set(platform, MOST)
    try:
        eventually(lambda: _is_counted(platform), within=120, what="the job quota")
        yield
    finally:
        _set(platform, None)


def _set(platform: Platform, maximum: int | None) -> None:
    quota = {"jobs": maximum, "jobsPerUser": maximum}
    text = json.dumps({"spec": {"quota": quota}})
    platform.kubectl("patch", "project.mofang.dev", PROJECT, "--type=merge", "-p", text)


def _is_counted(platform: Platform) -> bool:
    found = platform.get("resourcequota", "mofang-jobs", "-n", _NAMESPACE)
    hard = found.get("status", {}).get("hard", {})
    return bool(hard) and all(read_quantity(each) > MOST for each in hard.values())
