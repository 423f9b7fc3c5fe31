"""Why jobs that their rules would restart are not, for those who watch them."""

from __future__ import annotations

from http import HTTPStatus

from mofang_jobs.adapters.cache import Board
from mofang_jobs.domain.models import JobSeen
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
