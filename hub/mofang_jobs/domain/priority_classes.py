"""The class of priority that Kubernetes has for each priority of a job. Pure.

The chart makes the classes. They never preempt: a job that runs is not broken off for
one that waits, whatever their priorities.
"""

from __future__ import annotations

from mofang.models import Priority


def priority_class(priority: Priority) -> str:
    """Return the name of a priority's class."""
    return f"mofang-{priority.value}"
