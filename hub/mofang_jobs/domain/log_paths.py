"""Where the log of a replica lies on the shared storage, and what lies beside it."""

from __future__ import annotations

from dataclasses import dataclass

PROJECTS = "projects"
LOGS = (".mofang", "logs")


def log_file(job: str, role: str, index: int | str) -> tuple[str, ...]:
    """Return the parts of a log file's path inside the project's directory.

    Args:
        job: Id of the job.
        role: Of the replica.
        index: Of the replica, or a reference that Kubernetes expands to it.
    """
    return (*LOGS, job, f"mofang-job-{job}-{role}-{index}.log")


def folder_parts(project: str, job: str) -> tuple[str, ...]:
    """Return the parts of a log folder's path beneath the storage's root."""
    return (PROJECTS, project, *LOGS, job)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogName:
    """Whose log it is."""

    project: str
    job: str
    role: str
    index: int

    @property
    def parts(self) -> tuple[str, ...]:
        """Parts of the file's path beneath the storage's root."""
        return (PROJECTS, self.project, *log_file(self.job, self.role, self.index))
