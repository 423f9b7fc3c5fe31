"""Run what blocks: in a thread beside the event loop; at once where there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def run_in_thread(
    function: Callable[P, T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Return what a function does, called in a thread."""
    return await asyncio.to_thread(function, *args, **kwargs)


def run_here(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what a function does; stands for ``run_in_thread`` in blocking code."""
    return function(*args, **kwargs)
