"""Servers that were started ahead: which may be, who uses them, when they go.

What a server is stands in its spawner's state; here is only what must not outlive the
hub. A server that nobody uses is stopped by the removal of its pod, which is what frees
the room; JupyterHub then finds it ended, as it finds any other.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from weakref import WeakSet

from mofang_hub.start_ahead.metrics import (
    ENDED,
    EXPIRED,
    FAILED,
    STARTED,
    USED,
    YIELDED,
)
from mofang_hub.start_ahead.policy import StartAheadSettings, likely_server
from mofang_hub.start_ahead.room import has_room
from mofang_kube.errors import MofangError
from mofang_spawner.options import ServerOptions
from mofang_spawner.plan import SpawnPlan, resolve

log = logging.getLogger(__name__)

CHECK_SECONDS = 5.0
_STOP_SECONDS = 30.0
"""After which whoever waits for the room goes on without it."""

_PAUSE_BETWEEN_SECONDS = 0.05
_PAUSE_SECONDS = 3600.0
"""After a server that nobody used, before a log-in of its person starts another."""


class StartAhead:
    """All servers of one hub that were started ahead.

    Args:
        settings: The administrator's.
        users: JupyterHub's.
        active_limit: Servers that may be active at a time; 0 for no limit.
    """

    def __init__(
        self,
        settings: StartAheadSettings,
        users: Any,
        active_limit: int = 0,
    ) -> None:
        self.settings = settings
        self._users = users
        self._active_limit = active_limit
        self._unasked: WeakSet[Any] = WeakSet()
        """Spawners whose failure concerns nobody."""
        self._stopped: WeakSet[Any] = WeakSet()
        """Spawners that do not fail, but were stopped."""
        self._paused: dict[str, float] = {}
        """By a steady clock: until when a log-in of somebody starts nothing."""

    def unused(self) -> list[Any]:
        """Return the spawners of the servers that nobody uses yet, the oldest first."""
        found = (
            spawner
            for user in self._users.values()
            for spawner in user.spawners.values()
            if spawner.is_unused
        )
        return sorted(found, key=lambda each: each.started_ahead)

    # -- which may be

    async def choose(self, user: Any, card: str = "") -> str:
        """Return the name of the server to start ahead; empty for none.

        Args:
            user: JupyterHub's ``User``.
            card: The server on whose card they rest; empty for a log-in.
        """
        context = user.spawner.context()
        name = likely_server(self.settings, context.choices.likely(user.name), card)
        if not (self.settings.enabled and name):
            return ""
        try:
            await context.ready()
            return name if self._may_start(user, name, is_login=not card) else ""
        except MofangError as err:
            log.info("%s of %s is not started ahead: %s", name, user.name, err)
            return ""

    def _may_start(self, user: Any, name: str, *, is_login: bool) -> bool:
        """Decide without waiting, so that nothing changes until the start begins.

        Raises:
            MofangError: The server could not be started at all.
        """
        row, spawner = user.orm_spawners.get(name), user.spawners.get(name)
        if row is None or not row.user_options or not self._has_turn(user, is_login):
            return False
        # What failed last is left to whoever starts it.
        if spawner is not None and (spawner.active or spawner._failed):  # noqa: SLF001
            return False
        context = user.spawner.context()
        options = ServerOptions.parse(row.user_options)
        plan = resolve(
            options,
            context.catalog,
            username=user.name,
            groups={group.name for group in user.groups},
            server=name,
            storage=context.ephemeral_storage,
        )
        if plan.job is not None or (plan.sizes.gpu and not self.settings.allow_gpus):
            return False
        return has_room(context.free_capacity(with_unused=True), plan)

    def _has_turn(self, user: Any, is_login: bool) -> bool:
        """Say whether anything is started ahead for somebody now."""
        unused, settings = self.unused(), self.settings
        active = [each for each in user.spawners.values() if each.active]
        is_paused = time.monotonic() < self._paused.get(user.name, 0.0)
        limit = user.spawner.context().limit_per_user
        return not (
            len(unused) >= settings.max_servers
            or self._is_full(spare=1)
            or any(each.user is user for each in unused)
            or (limit and len(active) >= limit)
            # Whoever has a server has what they want; from a card they want another.
            or (is_login and (active or is_paused))
        )

    def begin(self, spawner: Any) -> None:
        """Note that the start of a server begins that nobody has asked for."""
        spawner.begin_ahead()
        self._unasked.add(spawner)
        STARTED.inc()

    def follow(self, spawner: Any) -> None:
        """Forget the start, once it fails: nobody has asked for it, nor is told."""
        start = spawner._spawn_future  # noqa: SLF001 - the only place that keeps it
        if start is None or start.done():
            self._forget_failed(spawner)
        else:
            start.add_done_callback(lambda _: self._forget_failed(spawner))

    def _forget_failed(self, spawner: Any) -> None:
        # Whoever has begun to use it meanwhile is told why it failed.
        if spawner.active or spawner not in self._unasked:
            return
        self._unasked.discard(spawner)
        if spawner not in self._stopped:
            ENDED.labels(outcome=FAILED).inc()
            self._pause(spawner)
        spawner.started_ahead = 0.0
        spawner.user.spawners.pop(spawner.name, None)

    # -- who uses them

    def use(self, spawner: Any) -> bool:
        """Hand a server to its person; False where it is gone, or is going."""
        is_going = spawner.gives_way or spawner.pending == "stop"
        if not spawner.is_unused or is_going or not spawner.active:
            return False
        spawner.begin_use()
        self._unasked.discard(spawner)
        row, context = spawner.orm_spawner, spawner.context()
        row.started = datetime.now(UTC).replace(tzinfo=None)
        row.state = spawner.get_state()
        spawner.db.commit()
        ENDED.labels(outcome=USED).inc()
        log.info("%s of %s is used", spawner.name, spawner.user.name)
        if spawner.ready:
            # What is still starting is noted when it answers.
            environment = str((row.user_options or {}).get("environment", ""))
            context.starts.add(environment, 0.0)
            context.choices.add(spawner.user.name, spawner.name)
        return True

    async def claim(
        self, user: Any, name: str, options: Mapping[str, Any] | None
    ) -> bool:
        """Hand a server to whoever starts it, or have what is unused out of their way.

        Args:
            user: JupyterHub's ``User``.
            name: Of the server that is started.
            options: What is asked for; None for what was asked for last.

        Returns:
            Whether there is nothing left to start.
        """
        spawner = user.spawners.get(name)
        if spawner is None or not spawner.is_unused:
            if self._is_full() and (unused := self.unused()):
                await self.stop(unused[0], YIELDED)
            return False
        known = spawner.orm_spawner.user_options
        is_same = options is None or _given(options) == _given(known)
        if is_same and self.use(spawner):
            return bool(spawner.pending or await spawner.poll_and_notify() is None)
        await self.stop(spawner, YIELDED)
        return False

    # -- when they go

    async def stop(self, spawner: Any, outcome: str) -> None:
        """Stop a server that nobody uses, and wait until it is gone.

        Args:
            spawner: Of the server.
            outcome: What became of it, for the metric.
        """
        is_first, spawner.gives_way = not spawner.gives_way, True
        self._stopped.add(spawner)
        if is_first:
            ENDED.labels(outcome=outcome).inc()
            log.info("%s of %s: %s", spawner.name, spawner.user.name, outcome)
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                # Once more where the pod was made only after it was asked for.
                while spawner.is_unused and spawner.active:
                    await spawner.remove_pod()
                    if start := spawner._spawn_future:  # noqa: SLF001 - see above
                        await asyncio.wait([start])
                    else:
                        await spawner.poll_and_notify()
                    await asyncio.sleep(_PAUSE_BETWEEN_SECONDS)
        except (MofangError, TimeoutError) as err:
            # The next look tries again.
            log.warning(
                "%s of %s is not stopped: %s", spawner.name, spawner.user.name, err
            )

    async def make_room(self, plan: SpawnPlan, lacks_quota: bool) -> bool:
        """Stop what nobody uses for a server that somebody has asked for.

        Args:
            plan: What is to start.
            lacks_quota: Whether it is the quota of its project that it lacks; else it
                lacks a node.

        Returns:
            Whether anything was stopped.
        """
        found = self.unused()
        if lacks_quota:
            project = plan.project.name
            found = [each for each in found if _project(each) == project]
        elif found and not has_room(found[0].context().free_capacity(), plan):
            # It would have none without them, either.
            return False
        await asyncio.gather(*(self.stop(each, YIELDED) for each in found))
        return bool(found)

    async def check(self) -> None:
        """Stop what nobody has used in time, and mend what was left half done."""
        now, seconds = time.time(), 60 * self.settings.unused_minutes
        unused = self.unused()
        if unused and unused[0].context().waits_for_unused():
            await asyncio.gather(*(self.stop(each, YIELDED) for each in unused))
        expired = [
            each
            for each in self.unused()
            if not self.settings.enabled
            or each.gives_way
            # A clock that was set back makes nothing stay for longer.
            or not 0 <= now - each.started_ahead < seconds
        ]
        for each in expired:
            self._pause(each)
        await asyncio.gather(*(self.stop(each, EXPIRED) for each in expired))
        await self._label_used()

    async def _label_used(self) -> None:
        """Have the pods of servers in use say so: then they are their owners'."""
        for user in self._users.values():
            for spawner in user.spawners.values():
                if not spawner.is_unused and spawner.active:
                    with suppress(MofangError):
                        await spawner.label_used()

    def _is_full(self, spare: int = 0) -> bool:
        if not self._active_limit:
            return False
        active = int(self._users.count_active_users()["active"])
        return active + spare >= self._active_limit

    def _pause(self, spawner: Any) -> None:
        now = time.monotonic()
        self._paused = {name: at for name, at in self._paused.items() if at > now}
        self._paused[spawner.user.name] = now + _PAUSE_SECONDS


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return ServerOptions.parse(options).as_given()
    except MofangError:
        # Its start is refused; what runs does not fit it.
        return {}


def _project(spawner: Any) -> str:
    return str((spawner.orm_spawner.user_options or {}).get("project", ""))
