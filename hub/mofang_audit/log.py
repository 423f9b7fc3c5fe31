"""The audit log of a program without JupyterHub.

The lines are those that ``jupyter_events`` writes, which JupyterHub brings. Here it is
not used: it would load traitlets and jsonschema, some 25 MiB.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from mofang_audit.event import AuditEvent


def _now() -> datetime:
    return datetime.now(UTC)


class AuditLog:
    """Writes events by a handler of ``logging``.

    Args:
        handler: Gets one JSON object per event; None where nothing is recorded.
        now: The time.
    """

    def __init__(
        self, handler: logging.Handler | None, *, now: Callable[[], datetime] = _now
    ) -> None:
        self._handler = handler
        self._now = now

    def record(self, event: AuditEvent) -> None:
        """Write an event; never raises."""
        if self._handler is None:
            return
        line = event.as_line(self._now())
        record = logging.LogRecord(
            __name__, logging.INFO, __file__, 0, line, None, exc_info=None
        )
        self._handler.handle(record)

    def close(self) -> None:
        """Close the file."""
        if self._handler is not None:
            self._handler.close()
