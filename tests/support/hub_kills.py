"""Kill a hub at a chosen write, and see that it leaves nothing and is usable again."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from mofang_kube.names import server_name
from support.api_proxy import ApiRequest
from support.eventually import eventually
from support.hub import HubSession
from support.own_hub import OwnHub

Action = Literal["start", "stop", "delete"]
Moment = Literal["before", "after"]
"""Before the API server saw the write; after it acted, before the hub heard of it."""

ENVIRONMENT = "base"
_ORPHANS_SECONDS = 60
_AT_ONCE_SECONDS = 15
"""A start asked for as soon as the hub answers is under way by then."""


class Killer:
    """Counts the hub's writes, and kills it at one of them."""

    def __init__(self, hub: OwnHub) -> None:
        self._hub = hub
        self._target = -1
        self._moment: Moment = "before"
        self._requests: list[ApiRequest] = []
        self._has_died = asyncio.Event()
        hub.proxy.before, hub.proxy.after = self._before, self._after

    @property
    def writes(self) -> list[str]:
        """Verb and collection of each write since ``arm``."""
        return [f"{each.verb} {_collection(each)}" for each in self._requests]

    def arm(self, number: int = -1, moment: Moment = "before") -> None:
        """Count from now, and kill at the write of this number; -1 for none."""
        self._target, self._moment = number, moment
        self._requests = []
        self._has_died.clear()

    async def died(self) -> None:
        """Wait until the hub was killed.

        Raises:
            TimeoutError: It made fewer writes than that.
        """
        await asyncio.wait_for(self._has_died.wait(), 60)

    async def _before(self, request: ApiRequest) -> None:
        if not request.is_write:
            return
        self._requests.append(request)
        if self._is_target(request) and self._moment == "before":
            self._kill()

    async def _after(self, request: ApiRequest, _status: int) -> None:
        if self._is_target(request) and self._moment == "after":
            self._kill()

    def _is_target(self, request: ApiRequest) -> bool:
        number, seen = self._target, self._requests
        return 0 <= number < len(seen) and seen[number] is request

    def _kill(self) -> None:
        self._hub.kill()
        self._has_died.set()
        raise ConnectionError


def _collection(request: ApiRequest) -> str:
    words = request.path.split("/")
    return words[words.index("namespaces") + 2]


@dataclass(kw_only=True)
class Case:
    """One person's server, of a hub that is killed."""

    hub: OwnHub
    session: HubSession
    killer: Killer

    @property
    def server(self) -> str:
        return server_name(self.hub.project, ENVIRONMENT)

    @property
    def pod(self) -> str:
        return f"jupyter-{self.session.name}--{self.server}"

    def _ask_start(self) -> httpx.Response:
        choice = {"project": self.hub.project, "environment": ENVIRONMENT}
        return self.session.start(self.server, choice)

    def _ask_end(self, *, remove: bool) -> None:
        path = f"/users/{self.session.name}/servers/{self.server}"
        self.session.api("DELETE", path, json={"remove": remove})

    def ask(self, action: Action) -> None:
        """Ask for it; the hub may die before it answers."""
        with suppress(httpx.TransportError):
            if action == "start":
                self._ask_start()
            else:
                self._ask_end(remove=action == "delete")

    async def prepare(self, action: Action) -> None:
        """Have a server that is ready, or none for a start."""
        self.killer.arm()
        if action == "start":
            await asyncio.to_thread(self._end)
        else:
            await asyncio.to_thread(self._start_at_once)

    async def record(self, action: Action) -> list[str]:
        """Do it without a kill; return its writes."""
        await self.prepare(action)
        self.killer.arm()
        await asyncio.to_thread(self.ask, action)
        if action == "start":
            await asyncio.to_thread(self.session.wait_ready, self.server)
        else:
            await asyncio.to_thread(self._end)
        return list(self.killer.writes)

    async def kill_at(self, action: Action, number: int, moment: Moment) -> None:
        """Do it, and kill the hub at one of its writes; it is back afterwards."""
        await self.prepare(action)
        self.killer.arm(number, moment)
        asked = asyncio.create_task(asyncio.to_thread(self.ask, action))
        try:
            await self.killer.died()
        finally:
            await asked
            self.killer.arm()
        self.hub.start()
        await asyncio.to_thread(self.hub.wait_up)

    async def use_again(self) -> None:
        """Start it at once, then end it: there is one of each, then nothing."""
        await asyncio.to_thread(self._start_at_once)
        await asyncio.to_thread(self._end)

    async def leave(self, *, within: float = _ORPHANS_SECONDS) -> None:
        """Touch nothing: what is there soon belongs to a server that is ready.

        Args:
            within: Seconds until it must.
        """
        await asyncio.to_thread(self._wait_consistent, within)

    def _start_at_once(self) -> None:
        def under_way() -> bool:
            answer = self._ask_start()
            model = self.session.server(self.server)
            is_ready = bool(model and model["ready"])
            return answer.status_code in {201, 202} or is_ready

        eventually(
            under_way,
            within=_AT_ONCE_SECONDS,
            what=f"the server starts again:\n{self.hub.log[-3000:]}",
        )
        self.session.wait_ready(self.server)
        self._wait_consistent()

    def _end(self) -> None:
        if self.session.server(self.server):
            self._ask_end(remove=False)
        eventually(
            lambda: not self.session.server(self.server),
            within=30,
            what="the server is gone",
        )
        self._wait_consistent()

    def _wait_consistent(self, within: float = _ORPHANS_SECONDS) -> None:
        """Wait until the cluster has what the hub's database has, one of each."""

        def is_consistent() -> bool:
            model = self.session.server(self.server)
            there = self.hub.objects()
            mine = {each for each in there.pods if each == self.pod}
            services = {each for each in there.services if self._is_mine(each)}
            has_secret = self.pod in there.secrets
            path = f"/user/{self.session.name}/"
            routes = {each for each in there.routes if path in each}
            counts = (len(mine), len(services), int(has_secret), len(routes))
            if model is None:
                return counts == (0, 0, 0, 0)
            return bool(model["ready"]) and counts == (1, 1, 1, 1)

        eventually(
            is_consistent,
            within=within,
            what="cluster and database agree",
            every=0.5,
        )

    def _is_mine(self, service: str) -> bool:
        return service.rpartition("-")[0] == self.pod


@asynccontextmanager
async def requests_to(
    session: HubSession, server: str
) -> AsyncIterator[Callable[[], list[Any]]]:
    """Ask a running server over and over; what it answered can be asked for.

    Yields:
        What returns the statuses, and the errors of requests without an answer.
    """
    url = session.server_url(server) + "api/status"
    headers = {"Authorization": f"token {session.token}"}
    answers: list[Any] = []

    async def ask(http: httpx.AsyncClient) -> None:
        while True:
            try:
                answers.append((await http.get(url, headers=headers)).status_code)
            except httpx.TransportError as err:
                answers.append(repr(err))
            # A person's, not a load: the rest of the machine has work to do.
            await asyncio.sleep(0.1)

    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        asking = asyncio.create_task(ask(http))
        try:
            yield lambda: list(answers)
        finally:
            asking.cancel()
            with suppress(asyncio.CancelledError):
                await asking
