"""The Python client, command line and cell magic of Mofang.

    import mofang
    job = mofang.submit("train.py", replicas=2, memory="2Gi")
    job.wait().logs()

Everything is imported when it is first used: the command line and kernels start
without what they do not need, and ``mofang.report`` needs the standard library alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from mofang.api import (
        compare,
        job,
        jobs,
        list_environments,
        rerun,
        respec,
        spec,
        submit,
    )
    from mofang.async_client import AsyncClient
    from mofang.client import Client
    from mofang.comparison import Comparison
    from mofang.errors import (
        ConfigurationError,
        ConflictError,
        InvalidError,
        JobFailedError,
        MofangError,
        NotAllowedError,
        NotFoundError,
        NotLoggedInError,
        PlatformError,
        RefusedError,
        StillRunningError,
        UnexpectedAnswerError,
        UnreachableError,
    )
    from mofang.handle import JobHandle
    from mofang.options import SubmitOptions
    from mofang.results import report
    from mofang.settings import ClientSettings
    from mofang.snapshot import create_snapshot
    from mofang_api.models import (
        Environment,
        Job,
        JobEvent,
        JobList,
        JobSpec,
        JobState,
        Replica,
        Resources,
    )

__all__ = [
    "AsyncClient",
    "Client",
    "ClientSettings",
    "Comparison",
    "ConfigurationError",
    "ConflictError",
    "Environment",
    "InvalidError",
    "Job",
    "JobEvent",
    "JobFailedError",
    "JobHandle",
    "JobList",
    "JobSpec",
    "JobState",
    "MofangError",
    "NotAllowedError",
    "NotFoundError",
    "NotLoggedInError",
    "PlatformError",
    "RefusedError",
    "Replica",
    "Resources",
    "StillRunningError",
    "SubmitOptions",
    "UnexpectedAnswerError",
    "UnreachableError",
    "compare",
    "create_snapshot",
    "job",
    "jobs",
    "list_environments",
    "load_ipython_extension",
    "report",
    "rerun",
    "respec",
    "spec",
    "submit",
]

_FUNCTIONS = (
    *("compare", "job", "jobs", "list_environments"),
    *("rerun", "respec", "spec", "submit"),
)

_MODULES = {
    "ClientSettings": "mofang.settings",
    "Comparison": "mofang.comparison",
    "SubmitOptions": "mofang.options",
    "create_snapshot": "mofang.snapshot",
    "AsyncClient": "mofang.async_client",
    "Client": "mofang.client",
    "JobHandle": "mofang.handle",
    "report": "mofang.results",
    **dict.fromkeys(_FUNCTIONS, "mofang.api"),
    **dict.fromkeys(
        (
            *("Environment", "Job", "JobEvent", "JobList"),
            *("JobSpec", "JobState", "Replica", "Resources"),
        ),
        "mofang_api.models",
    ),
    **dict.fromkeys(
        (name for name in __all__ if name.endswith("Error")), "mofang.errors"
    ),
}


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Offer ``%%mofang`` and ``%mofang``; the platform's kernels load this."""
    import_module("mofang.notebook.extension").register(shell)


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
