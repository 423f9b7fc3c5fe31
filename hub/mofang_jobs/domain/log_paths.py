"""Where the log of a replica is, and what is beside it.

Each job has a directory of its own on the volume of logs, which is mounted in its own
containers alone. Below the volume's root, which is the training service's, it is
``<project>/<job id>``.
"""

from __future__ import annotations

from dataclasses import dataclass

DELETED_PREFIX = ".deleted-"
"""Begins the name that a deleted job's directory has until it is removed."""


def log_file_name(job: str, role: str, index: int | str) -> str:
    """Return the name of a log file.

    Args:
        job: Id of the job.
        role: Of the replica.
        index: Of the replica, or a reference that Kubernetes expands to it.
    """
    return f"mofang-job-{job}-{role}-{index}.log"


def folder_parts(project: str, job: str) -> tuple[str, str]:
    """Return the parts of a job's directory beneath the root of the logs."""
    return (project, job)


def deleted_parts(project: str, job: str) -> tuple[str, str]:
    """Return the parts of a deleted job's directory beneath the root of the logs."""
    return (project, f"{DELETED_PREFIX}{job}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogName:
    """Whose log it is."""

    project: str
    job: str
    role: str
    index: int

    @property
    def parts(self) -> tuple[str, ...]:
        """Parts of the file's path beneath the root of the logs."""
        name = log_file_name(self.job, self.role, self.index)
        return (*folder_parts(self.project, self.job), name)
