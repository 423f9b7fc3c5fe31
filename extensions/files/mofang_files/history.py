"""The last clean-ups of a directory, to be undone by any server that mounts it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

from mofang_files import records
from mofang_files.errors import AbsentError
from mofang_files.records import CleanUp, Mode

_REPORTED = 100


class History:
    """What was removed by this server, those before it and those beside it.

    Args:
        home: The directory, without links.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._done: dict[str, CleanUp] = {}
        self._unkept: set[str] = set()
        """Those that this server alone knows."""

    async def load(self) -> None:
        """Read what other servers removed or put back since; not at a start."""
        found = await asyncio.to_thread(records.load, self._home)
        own = {each: self._done[each] for each in self._unkept}
        self._done = found | own

    def __contains__(self, done: CleanUp) -> bool:
        return done.id in self._done

    def find(self, undo: str) -> CleanUp:
        """Return a clean-up by its id.

        Raises:
            AbsentError: It is known no more.
        """
        if undo not in self._done:
            raise AbsentError(
                "This can be undone no more from here. See Previous Versions of the "
                "directory, or the Trash."
            )
        return self._done[undo]

    def last(self) -> dict[str, object] | None:
        """Return the last one as it is answered."""
        done = max(self._done.values(), key=lambda each: each.at, default=None)
        if done is None:
            return None
        return {
            "undo": done.id,
            "at": done.at.isoformat(),
            "mode": done.mode,
            "bytes": done.bytes,
            "paths": ["/".join(each.parts) for each in done.removed[:_REPORTED]],
            "count": len(done.removed),
        }

    def add(self, done: CleanUp) -> None:
        """Begin to remember one, and forget the one too many."""
        self._done[done.id] = done
        self._unkept.add(done.id)
        for each in list(self._done)[: -records.KEPT]:
            self._forget(each)

    def keep(self, done: CleanUp) -> None:
        """Keep what is left to undo, also for the next server."""
        if done not in self:
            return
        if not done.removed:
            self._forget(done.id)
            return
        # Without it, the undo ends with the server.
        self._unkept.add(done.id)
        with suppress(OSError):
            records.save(self._home, done)
            self._unkept.discard(done.id)

    def forget_trashed(self) -> None:
        """Forget what was moved to a Trash that is empty now."""
        for each in list(self._done.values()):
            if each.mode is Mode.TRASH:
                self._forget(each.id)

    def _forget(self, undo: str) -> None:
        del self._done[undo]
        self._unkept.discard(undo)
        records.forget(self._home, undo)
