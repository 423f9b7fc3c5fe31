"""Leaky buckets by name, for as many names as there may be."""

from __future__ import annotations

from aiolimiter import AsyncLimiter
from cachetools import LRUCache

MOST_NAMES = 10_000
"""The last used ones are kept; a bucket that was dropped begins empty."""


class RateLimits:
    """One bucket for each name.

    Args:
        per_second: How much of one name passes, on average.
        burst_seconds: What passes at once: as much as in so many seconds.
    """

    def __init__(self, per_second: float, *, burst_seconds: float) -> None:
        self._burst = per_second * burst_seconds
        self._burst_seconds = burst_seconds
        self._buckets: LRUCache[str, AsyncLimiter] = LRUCache(MOST_NAMES)

    async def take(self, name: str, amount: float = 1) -> bool:
        """Let more of a name pass, and say whether it may; never waits.

        Args:
            name: Of the bucket.
            amount: How much; at most a whole bucket is counted.
        """
        amount = min(amount, self._burst)
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = AsyncLimiter(self._burst, self._burst_seconds)
            self._buckets[name] = bucket
        if not bucket.has_capacity(amount):
            return False
        await bucket.acquire(amount)
        return True
