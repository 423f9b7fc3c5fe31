"""What is told of a job by mail and webhooks: pure rules and texts.

Neither the reason of a state nor anything that a program has written is told: it may
hold secrets, and goes to places that the platform does not know.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mofang_api.models import JobState


class NoticeEvent(StrEnum):
    """What has happened to a job. Cancelling is somebody's own act, and is not told."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    HANGING = "hanging"


_MESSAGES = {
    NoticeEvent.SUCCEEDED: "has succeeded",
    NoticeEvent.FAILED: "has failed",
    NoticeEvent.HANGING: "seems to hang",
}


def notice_event(state: JobState, *, is_hanging: bool) -> NoticeEvent | None:
    """Return what there is to tell of a job; None for nothing.

    Args:
        state: As users see it: one that failed and starts again is not failed.
        is_hanging: Whether it makes no progress.
    """
    match state:
        case JobState.SUCCEEDED:
            return NoticeEvent.SUCCEEDED
        case JobState.FAILED:
            return NoticeEvent.FAILED
        case JobState.RUNNING if is_hanging:
            return NoticeEvent.HANGING
        case _:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobNotice:
    """One thing to tell of one job."""

    event: NoticeEvent
    project: str
    job: str
    """Its id, which has letters, digits and dashes only."""

    owner: str

    @property
    def subject(self) -> dict[str, str]:
        """Return which job it is about."""
        return {"job": self.job}

    @property
    def message(self) -> str:
        """Return what people read: ``digits-x1y2z3 has failed``, with a full stop."""
        return f"{self.job} {_MESSAGES[self.event]}."

    @property
    def path(self) -> str:
        """Return the page of the job, below the platform's address."""
        return f"/hub/jobs/{self.project}/{self.job}"
