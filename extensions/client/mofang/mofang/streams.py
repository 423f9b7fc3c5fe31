"""Make sense of what the service streams. Nothing here sends or waits."""

from __future__ import annotations

import codecs
import time
from collections.abc import Iterator
from math import inf

from httpx_sse import ServerSentEvent
from pydantic import ValidationError

from mofang.endpoints import LogPart
from mofang.errors import MofangError, StillRunningError, UnexpectedAnswerError
from mofang_api.models import Job, JobEvent

RETRY_SECONDS = 180.0
"""How long the platform may be away; a restart of the hub takes about a minute."""

SHORTEST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 5.0


class RetryBudget:
    """How long failures are retried, as while the platform restarts."""

    def __init__(self) -> None:
        self._failures = 0
        self._away_since = 0.0

    def succeeded(self) -> None:
        """Note that the platform answers."""
        self._failures = 0

    def failed(self, error: MofangError) -> None:
        """Note a failure.

        Raises:
            MofangError: The given one, if nothing else has come for too long.
        """
        now = time.monotonic()
        if not self._failures:
            self._away_since = now
        self._failures += 1
        if now - self._away_since >= RETRY_SECONDS:
            raise error

    def pause(self, usual: float) -> float:
        """Return how many seconds to wait: as usual, or longer after failures."""
        if not self._failures:
            return usual
        longer = SHORTEST_PAUSE_SECONDS * 2.0 ** min(self._failures, 8)
        return max(usual, min(longer, LONGEST_PAUSE_SECONDS))


class JobWait:
    """When to look at a job again, and when to stop looking."""

    def __init__(self, job_id: str, timeout: float | None) -> None:
        self._job_id = job_id
        self._deadline = inf if timeout is None else time.monotonic() + timeout
        self._retries = RetryBudget()
        self._pause = SHORTEST_PAUSE_SECONDS

    def is_over(self, job: Job) -> bool:
        """Note how the job is; say whether it has ended."""
        self._retries.succeeded()
        return job.state.is_final

    def lost(self, error: MofangError) -> None:
        """Note that the job could not be seen; raises if that lasts."""
        self._retries.failed(error)

    def pause(self) -> float:
        """Return how many seconds to wait, ever longer up to a bound.

        Raises:
            StillRunningError: The time is over.
        """
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise StillRunningError(
                f"Job {self._job_id} has not ended yet. It goes on; wait again, or "
                "cancel it."
            )
        pause, self._pause = self._pause, min(self._pause * 1.3, 3.0)
        return min(self._retries.pause(pause), left)


class LogPosition:
    """Where a reader of a log is, over any number of broken connections."""

    def __init__(self, offset: int = 0) -> None:
        self.offset = offset
        self.is_complete = False
        self._retries = RetryBudget()
        self._idle_rounds = 0

    def took(self, chunk: bytes) -> bytes:
        """Note bytes that came from the stream, and hand them on."""
        self._retries.succeeded()
        self.offset += len(chunk)
        self._idle_rounds = 0
        return chunk

    def took_part(self, part: LogPart) -> bytes:
        """Note a part that was asked for, and whether it was the last."""
        self._retries.succeeded()
        self.offset = part.next
        self.is_complete = part.is_complete and part.next >= part.size
        self._idle_rounds = 0 if part.content else self._idle_rounds + 1
        return part.content

    def lost(self, error: MofangError) -> None:
        """Note that not even a part could be read; raises if that lasts."""
        self._idle_rounds += 1
        self._retries.failed(error)

    def absent(self, error: MofangError, job: Job) -> None:
        """Note that there is no log; raises if there will be none."""
        self._retries.succeeded()
        self._idle_rounds += 1
        if job.state.is_final:
            raise error

    def pause(self) -> float:
        """Return how many seconds to wait before the stream is opened again."""
        if self.is_complete or not self._idle_rounds:
            return 0.0
        return min(0.25 * 2.0 ** min(self._idle_rounds, 8), LONGEST_PAUSE_SECONDS)


class LineReader:
    """Cuts a stream of bytes into lines of text."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._rest = ""

    def lines(self, chunk: bytes) -> Iterator[str]:
        """Yield the lines that are whole now, with their ends."""
        *whole, self._rest = (self._rest + self._decoder.decode(chunk)).split("\n")
        for line in whole:
            yield f"{line}\n"

    def end(self) -> Iterator[str]:
        """Yield the last line if it has no end."""
        rest = self._rest + self._decoder.decode(b"", final=True)
        self._rest = ""
        if rest:
            yield rest


def read_event(event: ServerSentEvent) -> JobEvent | None:
    """Return what an event of the watch tells of a job; None if it is of another kind.

    Raises:
        UnexpectedAnswerError: A newer version of the platform sent it.
    """
    if event.event != "job" or not event.data:
        return None
    try:
        return JobEvent.model_validate_json(event.data)
    except ValidationError as error:
        raise UnexpectedAnswerError(
            "The platform sent an event that this client does not understand. "
            "Install the client of the platform's version."
        ) from error
