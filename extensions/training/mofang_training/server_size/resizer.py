"""Asks the hub for another size of this server, and looks whether it has come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from mofang_training.hub_request import ask_hub_for, server_path
from mofang_training.server_size.monitor import ResourceMonitor

if TYPE_CHECKING:
    from mofang_api.models.sizes import ServerSizes, SizeRange

_ANSWER_SECONDS = 40.0
"""Longer than the hub waits for the kubelet."""

_CHECK_SECONDS = 0.1
_SIZES_SECONDS = 30.0
"""For how long is believed what the hub said of what may be chosen."""


@dataclass(slots=True, kw_only=True)
class SizeClient:
    """The hub's part about the size of one server."""

    url: str
    token: str = field(repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self | None:
        """Return the client of a server that JupyterHub has started, else None."""
        found = server_path(environment)
        if found is None:
            return None
        return cls(
            url=f"{found.api}/mofang/servers/{found.user}/{found.server}/resize",
            token=found.token,
        )

    async def read(self) -> ServerSizes:
        """Ask what may be chosen.

        Raises:
            HubRefusalError: It is not told; says why.
        """
        return await self._ask("GET")

    async def resize(self, sizes: dict[str, str]) -> ServerSizes:
        """Ask for another size; returns once the server has it.

        Raises:
            HubRefusalError: The server goes on as it was; says why.
        """
        return await self._ask("POST", sizes)

    async def _ask(
        self, method: str, body: dict[str, str] | None = None
    ) -> ServerSizes:
        # The start-up time of every server counts.
        from mofang_api.models.sizes import ServerSizes  # noqa: PLC0415

        return await ask_hub_for(
            self.url,
            self.token,
            ServerSizes,
            method=method,
            body=body,
            seconds=_ANSWER_SECONDS,
        )


class Resizer:
    """Resizes this server.

    Args:
        client: Asks the hub.
        monitor: Knows what is used.
    """

    def __init__(self, client: SizeClient, monitor: ResourceMonitor) -> None:
        self._client = client
        self._monitor = monitor
        self._sizes: tuple[float, ServerSizes] | None = None
        self._asking: set[asyncio.Task[Any]] = set()

    async def stop(self) -> None:
        """Wait for no answer any more."""
        for each in list(self._asking):
            each.cancel()
            with suppress(asyncio.CancelledError):
                await each

    async def describe(self) -> dict[str, Any]:
        """Return what JupyterLab shows of memory: JSON.

        Raises:
            HubRefusalError: Memory runs out, and the hub does not say what more may be.
        """
        monitor = self._monitor
        runs_out = monitor.runs_out_in()
        is_short = runs_out is not None or monitor.is_nearly_full()
        offer = _offer(await self._known_sizes()) if is_short else None
        return {
            "used_bytes": monitor.used_bytes,
            "limit_bytes": monitor.limit_bytes(),
            "runs_out_in_seconds": None if runs_out is None else round(runs_out),
            "is_nearly_full": monitor.is_nearly_full(),
            "offered_gib": offer,
        }

    async def sizes(self) -> list[dict[str, Any]]:
        """Return what may be chosen now: JSON.

        Raises:
            HubRefusalError: It is not told; says why.
        """
        found = await self._client.read()
        self._sizes = time.monotonic(), found
        return [each.model_dump() for each in found.sizes]

    async def resize(self, sizes: dict[str, str]) -> None:
        """Give this server another size; returns once it has it.

        The kubelet tells the hub seconds after it has done it, and the container's own
        limit shows it at once.

        Raises:
            HubRefusalError: The server goes on as it was; says why.
        """
        before = self._monitor.limit_bytes()
        self._sizes = None
        asking = asyncio.ensure_future(self._client.resize(sizes))
        self._asking.add(asking)
        asking.add_done_callback(self._forget)
        # Only growth: what the kubelet does not shrink, the hub alone can tell.
        while not asking.done() and "cpu" not in sizes:
            await asyncio.wait([asking], timeout=_CHECK_SECONDS)
            if self._monitor.limit_bytes() > before:
                return
        await asking

    def _forget(self, asking: asyncio.Task[Any]) -> None:
        self._asking.discard(asking)
        if not asking.cancelled():
            # Who has gone on does not ask for it.
            asking.exception()

    async def _known_sizes(self) -> ServerSizes:
        now = time.monotonic()
        if self._sizes is None or now - self._sizes[0] > _SIZES_SECONDS:
            self._sizes = now, await self._client.read()
        return self._sizes[1]


def _offer(sizes: ServerSizes) -> float | None:
    """Return how many GiB more may be had; None for none."""
    memory: SizeRange | None = next(
        (each for each in sizes.sizes if each.name == "memory"), None
    )
    if memory is None:
        return None
    more = min(memory.value, memory.high - memory.value)
    # A quantity of Kubernetes', and a number that people read.
    quarters = int(more * 4) / 4
    return quarters if quarters > 0 else None
