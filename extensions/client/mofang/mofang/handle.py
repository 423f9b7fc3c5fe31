"""What people hold in a notebook: a job they can ask, follow and end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, Unpack, overload

from typing_extensions import override

from mofang.client import Client
from mofang.display import job_html, job_text, jobs_html
from mofang.errors import JobFailedError
from mofang.options import RerunOptions
from mofang.streams import LineReader
from mofang.submission import rerun_spec
from mofang_api.models import Job, JobMetrics, JobState


def leading_role(job: Job) -> str:
    """Return the role whose first replica tells the most: launcher, chief, worker."""
    return job.spec.resolved_roles()[0].name


class JobHandle:
    """One job. Shows itself in a notebook as it was last seen."""

    def __init__(self, client: Client, job: Job) -> None:
        self._client = client
        self.job = job
        """The job as it was last seen."""

    @property
    def id(self) -> str:
        """The job's id, which every command takes."""
        return self.job.id

    @property
    def state(self) -> JobState:
        """The state as it was last seen."""
        return self.job.state

    def refresh(self) -> JobHandle:
        """Look again; returns itself, so that a cell may end with it."""
        self.job = self._client.get_job(self.id)
        return self

    def wait(self, timeout: float | None = None, *, check: bool = False) -> JobHandle:
        """Return once the job has ended.

        Args:
            timeout: Seconds to wait at most; None waits as long as it takes.
            check: Whether an end without success is an error.

        Raises:
            StillRunningError: The time is over; the job goes on.
            JobFailedError: It did not succeed and ``check`` is true.
        """
        self.job = self._client.wait(self.id, timeout)
        if check and self.state is not JobState.SUCCEEDED:
            raise JobFailedError(self.job)
        return self

    @overload
    def logs(
        self, role: str = "", index: int = 0, *, follow: Literal[False] = False
    ) -> str: ...

    @overload
    def logs(
        self, role: str = "", index: int = 0, *, follow: Literal[True]
    ) -> Iterator[str]: ...

    def logs(
        self, role: str = "", index: int = 0, *, follow: bool = False
    ) -> str | Iterator[str]:
        """Return the log of one replica as it is now; of the leading role if none said.

        With ``follow``, return its lines instead, as they are written, until the
        replica ends: ``for line in job.logs(follow=True): print(line, end="")``.

        Args:
            role: Empty for the leading role.
            index: Index of the replica within its role, from 0.
            follow: Return an iterator instead of a text.
        """
        role = role or leading_role(self.job)
        if follow:
            return self._lines(role, index)
        return b"".join(self.log_parts(role, index)).decode(errors="replace")

    def log_parts(self, role: str, index: int) -> Iterator[bytes]:
        """Yield the log of one replica as it is now, in large pieces."""
        offset = 0
        while True:
            part = self._client.read_log(self.id, role, index, offset=offset)
            yield part.content
            if not part.content or part.next >= part.size or part.next <= offset:
                return
            offset = part.next

    def metrics(self, points: int | None = None) -> JobMetrics:
        """Return what the replicas used, as curves of so many points."""
        return self._client.metrics(self.id, points)

    def result(self) -> dict[str, Any]:
        """Return what the script left with ``mofang.report``; empty if nothing."""
        return self._client.result(self.id)

    def rerun(self, **changes: Unpack[RerunOptions]) -> JobHandle:
        """Run it again, with changes; see ``mofang.rerun``."""
        spec = rerun_spec(self.refresh().job, changes, self._client.settings)
        return JobHandle(self._client, self._client.submit(spec))

    def cancel(self) -> JobHandle:
        """Ask for the job's end; its logs stay."""
        self.job = self._client.cancel(self.id)
        return self

    def delete(self) -> None:
        """Remove the job and its logs."""
        self._client.delete(self.id)

    def _lines(self, role: str, index: int) -> Iterator[str]:
        reader = LineReader()
        for chunk in self._client.follow_log(self.id, role, index):
            yield from reader.lines(chunk)
        yield from reader.end()

    @override
    def __repr__(self) -> str:
        return f"<JobHandle {job_text(self.job)}>"

    def _repr_html_(self) -> str:
        return job_html(self.job)


class JobHandles(list[JobHandle]):
    """Jobs of a project, shown as a table in a notebook."""

    def _repr_html_(self) -> str:
        return jobs_html([handle.job for handle in self])
