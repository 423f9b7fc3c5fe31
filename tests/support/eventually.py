"""Waiting in tests: until something holds, never for a fixed time."""

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
