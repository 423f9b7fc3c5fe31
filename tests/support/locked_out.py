"""Keep one of the platform's own services from what a test has to itself."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from support.platform import Platform


@asynccontextmanager
async def locked_out(
    policies: Sequence[dict[str, Any]],
    probe: tuple[list[str], str],
    *,
    said: str,
    within: float = 60,
) -> AsyncIterator[None]:
    """Have admission policies in force while the context lasts.

    Args:
        policies: A policy and its binding.
        probe: Arguments and input of kubectl that they refuse.
        said: A part of their refusal.
        within: Seconds until they are in force.

    Raises:
        TimeoutError: They did not come into force.
    """
    platform = Platform()
    words, manifest = probe

    async def is_refused() -> bool:
        try:
            await asyncio.to_thread(platform.kubectl, *words, stdin=manifest)
        except RuntimeError as err:
            return said in str(err)
        return False

    try:
        for each in policies:
            await asyncio.to_thread(platform.apply, each)
        async with asyncio.timeout(within):
            while not await is_refused():  # noqa: ASYNC110 - no event tells of it
                await asyncio.sleep(0.2)
        yield
    finally:
        for each in reversed(policies):
            words = ["delete", each["kind"], each["metadata"]["name"]]
            await asyncio.to_thread(platform.kubectl, *words, "--ignore-not-found")
