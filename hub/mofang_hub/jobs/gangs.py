"""What binds a job's replicas together, made with the job and gone with it."""

from __future__ import annotations

from mofang_hub.jobs.models import JobSeen, Manifest, NewJob, PodMarks


class Gangs:
    """Asks the cluster's gang policy."""

    def marks_of(self, job: NewJob) -> PodMarks:
        """Return what the pods of a job carry."""
        del job
        return PodMarks()

    async def ensure(self, seen: JobSeen, owner: Manifest) -> None:
        """Make the gang of a job."""
