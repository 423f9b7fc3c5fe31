"""Frameworks: the process that each wants started in a replica.

A framework is a context: entering it waits for peers and starts what must be there
before the process, leaving it ends that again. The module of its name has it; a
framework without one is launched by ``introduction``. Only the module that a job needs
is imported: the time until it starts counts.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple

from mofang_run.job.declarations import FRAMEWORKS

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from mofang_run.job.program import Program
    from mofang_run.job.replica import ProcessSpec, ReplicaContext
    from mofang_run.job.settings import RunSettings


class Launcher(NamedTuple):
    """How one framework's processes are launched."""

    launch: Callable[[ReplicaContext, Program], AbstractContextManager[ProcessSpec]]
    report_failure: Callable[[RunSettings, str], None] | None
    """Tells the other replicas that this one could not start; None where they need no
    telling."""


def load(framework: str) -> Launcher:
    """Return how a framework is launched.

    Raises:
        KeyError: It is not declared.
    """
    declaration = FRAMEWORKS[framework]
    name = f"{__name__}.{framework}"
    if find_spec(name) is None:
        generic = import_module(f"{__name__}.introduction")
        return Launcher(partial(generic.launch, declaration), None)
    module = import_module(name)
    return Launcher(module.launch, getattr(module, "report_failure", None))
