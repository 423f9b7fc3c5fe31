"""A view of a job in a notebook that keeps itself up to date."""

from __future__ import annotations

import re
import threading
import time
from contextlib import suppress
from typing import Any

from IPython.display import display
from typing_extensions import override

from mofang.client import Client
from mofang.display import job_html, job_text, preview_html
from mofang.errors import (
    MofangError,
    NotFoundError,
    PlatformError,
    UnreachableError,
)
from mofang.handle import leading_role
from mofang.notebook.terminal_text import shown_text
from mofang.streams import RetryBudget
from mofang_api.models import Job, Preview

TAIL_BYTES = 4096
PAUSE_SECONDS = 1.0

_END = re.compile(r"\r*\n|\r")


class JobView:
    """What is shown of a job: its state and the end of a log."""

    def __init__(self, job: Job, log: str = "", note: str = "") -> None:
        self.job = job
        self.log = log
        self.note = note

    def _repr_html_(self) -> str:
        return job_html(self.job, self.log, self.note)

    @override
    def __repr__(self) -> str:
        return job_text(self.job)


class PreviewView:
    """What a job would be, shown in a notebook."""

    def __init__(self, preview: Preview) -> None:
        self.preview = preview

    def _repr_html_(self) -> str:
        return preview_html(self.preview)

    @override
    def __repr__(self) -> str:
        return self.preview.manifest


class LiveView:
    """Shows a job in the output of a cell until it ends.

    Args:
        client: Who asks; it must stay open as long as the view lives.
        job: The job as it was submitted.
        pause: Seconds between two looks.
    """

    def __init__(
        self, client: Client, job: Job, *, pause: float = PAUSE_SECONDS
    ) -> None:
        self._client = client
        self._pause = pause
        self._retries = RetryBudget()
        self.view = JobView(job, note=f"mofang logs {job.id} --follow")
        self._display: Any = display(self.view, display_id=True)

    def start(self) -> threading.Thread:
        """Keep the view up to date while other cells run."""
        thread = threading.Thread(
            target=self._follow_aside, name=f"mofang-{self.view.job.id}", daemon=True
        )
        thread.start()
        return thread

    def follow(self) -> Job:
        """Keep the view up to date until the job ends, then return it.

        Raises:
            MofangError: The job cannot be seen any more; the view says so too.
        """
        try:
            while self._refresh():
                time.sleep(self._retries.pause(self._pause))
        except MofangError as error:
            job = self.view.job
            note = f"{error} This view has stopped; see the job with: %mofang {job.id}"
            self._show(JobView(job, self.view.log, note))
            raise
        return self.view.job

    def interrupted(self) -> None:
        """Say that nobody looks any more, and that the job goes on."""
        note = "No longer followed; the job goes on. End it with mofang_job.cancel()."
        self._show(JobView(self.view.job, self.view.log, note))

    def _follow_aside(self) -> None:
        # The view has said it; nobody is there to be told by an error.
        with suppress(MofangError):
            self.follow()

    def _refresh(self) -> bool:
        """Update the view; say whether to look again."""
        job_id, log, note = self.view.job.id, self.view.log, ""
        try:
            job = self._client.get_job(job_id)
            log = self._tail(job) or log
            self._retries.succeeded()
        except (UnreachableError, PlatformError) as error:
            self._retries.failed(error)
            job, note = self.view.job, f"{error} This view may be old."
        self._show(JobView(job, log, note))
        return not job.state.is_final

    def _tail(self, job: Job) -> str:
        role = leading_role(job)
        try:
            part = self._client.read_log(
                job.id, role, 0, offset=-TAIL_BYTES, limit=TAIL_BYTES
            )
        except NotFoundError:
            return ""
        text = part.content.decode(errors="replace")
        if part.size > TAIL_BYTES:
            # The first line, or state of a progress bar, is cut somewhere; half of it
            # helps nobody.
            text = _END.split(text, maxsplit=1)[-1] or text
        return shown_text(text)

    def _show(self, view: JobView) -> None:
        changed = view._repr_html_() != self.view._repr_html_()
        self.view = view
        if changed and self._display is not None:
            self._display.update(view)
