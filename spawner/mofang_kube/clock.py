"""The time as the cluster has it, whatever this node's own clock says.

Ages of objects are differences to times that the API server has written. On a node
whose clock was set wrong, everything would look old, or not born yet: ended jobs would
be removed, and failed ones would not be restarted. Each answer of the API server says
what its time is; between answers, a steady clock goes on from there.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

log = logging.getLogger(__name__)

_WRONG_BY = timedelta(minutes=2)
"""Difference from which on an administrator is told."""


def local_time() -> datetime:
    """Return the time of this node."""
    return datetime.now(UTC)


class ClusterClock:
    """Says what time it is at the API server; that of this node until one answered.

    Args:
        local: The time of this node.
        steady: Seconds that nobody sets.
    """

    def __init__(
        self,
        *,
        local: Callable[[], datetime] = local_time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._local = local
        self._steady = steady
        self._begun: tuple[datetime, float] | None = None
        self._is_wrong = False

    def __call__(self) -> datetime:
        """Return the time, in UTC."""
        if self._begun is None:
            return self._local()
        date, at = self._begun
        return date + timedelta(seconds=self._steady() - at)

    def observe(self, date: str | None) -> None:
        """Take in the header ``Date`` of an answer; what is no date changes nothing."""
        try:
            found = parsedate_to_datetime(date or "").astimezone(UTC)
        except (ValueError, OverflowError):
            return
        self._begun = found, self._steady()
        difference = self._local() - found
        is_wrong = abs(difference) > _WRONG_BY
        if is_wrong and not self._is_wrong:
            log.warning(
                "The clock of this node is %s s ahead of the API server's, which is "
                "believed. Set the node's clock.",
                round(difference.total_seconds()),
            )
        self._is_wrong = is_wrong
