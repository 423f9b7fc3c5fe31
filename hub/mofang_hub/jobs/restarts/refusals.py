"""Why jobs that their rules would restart are not, for those who watch them."""

from __future__ import annotations

from mofang_hub.jobs.board import Board
from mofang_hub.jobs.models import JobSeen


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
