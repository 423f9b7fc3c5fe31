"""What the restart controller remembers between two passes."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from http import HTTPStatus

from mofang_jobs.adapters.cache import Board
from mofang_jobs.domain.models import JobSeen, PodSeen
from mofang_jobs.domain.status import blamed_pod
from mofang_kube.errors import (
    ClusterError,
    ConflictError,
    MofangError,
    NotFoundError,
    http_status,
)

_PASSING = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.CONFLICT,
    HTTPStatus.TOO_MANY_REQUESTS,
}
"""Refusals of Kubernetes' that may be others in a moment: a token is renewed, or a kind
of object is being installed."""


def is_lasting(err: MofangError) -> bool:
    """Say whether asking again later would be refused again."""
    if isinstance(err, ClusterError):
        status = http_status(err)
        is_refusal = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
        return is_refusal and status not in _PASSING
    return not isinstance(err, ConflictError | NotFoundError)


class Refusals:
    """Remembers refusals that will not change.

    Args:
        board: Tells who watches a job.
    """

    def __init__(self, board: Board) -> None:
        self._board = board
        self._sentences: dict[str, str] = {}

    def note(self, seen: JobSeen, sentence: str) -> None:
        """Remember why a job is not restarted, and tell who watches it."""
        self._sentences[seen.uid] = sentence
        # Its state is another now, though no object has changed.
        self._board.mark(seen)

    def find(self, seen: JobSeen) -> str | None:
        """Return why a job is not restarted; None if nothing speaks against it."""
        return self._sentences.get(seen.uid)


class Losses:
    """Remembers since when each machine is lost.

    What the cluster writes down is told by the clock of another machine, which may be
    wrong by more than the time that is waited.

    Args:
        lost: The machines that do not answer now.
        clock: Steady seconds.
    """

    def __init__(
        self,
        lost: Callable[[], set[str]],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lost = lost
        self._clock = clock
        self._since: dict[str, float] = {}

    def look(self) -> Mapping[str, timedelta]:
        """Return the machines that are lost, and for how long we have known."""
        now, lost = self._clock(), self._lost()
        self._since = {name: self._since.get(name, now) for name in lost}
        return {
            name: timedelta(seconds=now - since) for name, since in self._since.items()
        }


SETTLE_SECONDS = 10.0


class Settling:
    """Remembers since when jobs have failed without a failed pod.

    Jobs and pods come by two watches, and the job's failure may be told first: then
    a script that failed would look like containers that were removed.

    Args:
        seconds: How long to wait for a failed pod.
        clock: Steady seconds.
    """

    def __init__(
        self,
        seconds: float = SETTLE_SECONDS,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._clock = clock
        self._since: dict[str, float] = {}

    def is_over(self, seen: JobSeen, pods: Sequence[PodSeen]) -> bool:
        """Say whether it is known why a job failed, or will not become known."""
        if blamed_pod(pods):
            return True
        now = self._clock()
        return now - self._since.setdefault(seen.uid, now) >= self._seconds

    def keep(self, uids: Collection[str]) -> None:
        """Forget all jobs but these."""
        for uid in self._since.keys() - set(uids):
            del self._since[uid]
