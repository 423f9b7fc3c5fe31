"""What the roots take, and since when the storage does not say."""

from __future__ import annotations

from mofang_files.errors import StorageAwayError
from mofang_files.space import SpaceReader
from mofang_files.storage_check import BoundedQuestion

_READ_SECONDS = 20.0
"""Files are counted where the file system does not."""


class SpaceStatus:
    """What was read last, for as long as nothing newer is to be had.

    Args:
        reader: Reads what the roots take.
        check: Asks whether the storage answers.
        seconds: The time that reading may take.
    """

    def __init__(
        self,
        reader: SpaceReader,
        check: BoundedQuestion[None],
        *,
        seconds: float = _READ_SECONDS,
    ) -> None:
        self._check = check
        self._reading = BoundedQuestion(reader.read, seconds)
        self._known: list[dict[str, object]] = []

    async def read(self) -> dict[str, object]:
        """Return the roots, and since when the storage is away; None if it is not."""
        since = None
        try:
            await self._check.answer()
            self._known = await self._reading.answer()
        except StorageAwayError as err:
            since = err.since.isoformat()
        return {"roots": self._known, "away_since": since}
