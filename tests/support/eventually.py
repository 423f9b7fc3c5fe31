"""Waiting in tests: until something holds, never for a fixed time."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(
    check: Callable[[], T],
    *,
    within: float,
    what: str,
    every: float = 0.2,
) -> T:
    """The first true answer of ``check``.

    Raises:
        AssertionError: ``within`` seconds passed; names ``what`` and the last answer.
    """
    deadline = time.monotonic() + within
    while True:
        answer = check()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {within} s; last saw {answer!r}")
        time.sleep(every)


async def until(check: Callable[[], object], *, within: float = 30.0) -> None:
    """Return once ``look`` is true of what no event tells; the loop goes on meanwhile.

    Raises:
        TimeoutError: ``within`` seconds passed.
    """
    async with asyncio.timeout(within):
        while not check():  # noqa: ASYNC110 - what is awaited is a state
            await asyncio.sleep(0.01)
