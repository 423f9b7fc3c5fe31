"""A person of a hub that starts servers ahead, as their browser would act."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from mofang_kube.names import server_name
from mofang_local.network import HOST_ADDRESS
from support.eventually import eventually
from support.hub import HubSession
from support.own_hub import Manifest, OwnHub, own_hub

USER = "ann"
STARTS = 3
"""Of a person, before a hub guesses anything."""


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """The person, and their server."""

    hub: OwnHub
    session: HubSession

    @property
    def server(self) -> str:
        return server_name(self.hub.project, "base")

    @property
    def options(self) -> dict[str, str]:
        return {"project": self.hub.project, "environment": "base"}

    def make_history(self) -> None:
        """Start and stop the server as often as the hub must have seen."""
        for _ in range(STARTS):
            self.session.start(self.server, self.options)
            self.session.wait_ready(self.server)
            self.session.stop(self.server)

    def start_ahead(self) -> str | None:
        """Log in, as far as the hub learns of it; returns what it starts."""
        answer = self.session.api("POST", f"/mofang/users/{USER}/start-ahead", json={})
        answer.raise_for_status()
        found: str | None = answer.json()["server"]
        return found

    def press_start(self) -> httpx.Response:
        """Send the form of the card; the answer leads on, and is not followed."""
        answer = self.session.http.post(
            f"/hub/spawn/{USER}/{self.server}",
            data={**self.options, "_xsrf": self.session.xsrf},
            follow_redirects=False,
        )
        assert answer.status_code == httpx.codes.FOUND, answer.text
        return answer

    def wait_answer(self) -> None:
        """Wait until the server answers by the gateway."""

        def answers() -> bool:
            with suppress(httpx.TransportError):
                answer = self.session.user_server(self.server, "api/kernelspecs")
                return answer.status_code == httpx.codes.OK
            return False

        eventually(answers, within=90, what="the server answers", every=0.02)

    def pods(self) -> list[Manifest]:
        return self.hub.list_objects("pods")


@asynccontextmanager
async def ahead_hub(
    folder: Path, *, proxy_host: str = HOST_ADDRESS
) -> AsyncIterator[Ahead]:
    """Have a hub that starts servers ahead, and somebody whose wish it knows.

    Args:
        folder: For the hub's files.
        proxy_host: As for ``own_hub``.
    """
    settings = {"startAhead": {"enabled": True, "minimumStarts": STARTS}}
    async with own_hub(
        folder, users=(USER,), settings=settings, proxy_host=proxy_host
    ) as hub:
        with await asyncio.to_thread(hub.session, USER) as session:
            found = Ahead(hub=hub, session=session)
            await asyncio.to_thread(found.make_history)
            yield found
