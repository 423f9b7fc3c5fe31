"""People go on in their servers while the hub does not answer."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from jupyterhub.httpclient import JupyterHubHTTPClient
from jupyterhub.services.auth import HubOAuth  # noqa: TID251 - as servers have it.
from jupyterhub.singleuser.extension import JupyterHubIdentityProvider
from tornado.web import Application, HTTPError, RequestHandler
from unit.mofang_training.notebook import served

from mofang_training.hub_outage import (
    MOST_SECONDS,
    MOST_TOKENS,
    IdentityMemory,
    bridge_outages,
)
from support.clock import FakeClock
from support.eventually import eventually
from support.single_user import running_hub, started


class Hub:
    """A hub, and the identity provider of a server that asks it."""

    def __init__(self) -> None:
        self.known = {"ann", "bob"}
        self.status = 0
        """Of all answers; 0 for those of a hub that is well."""

    def serve(self, port: int) -> None:
        url = f"http://127.0.0.1:{port}/hub/api"
        auth = HubOAuth(api_url=url, api_token="of-the-server", oauth_client_id="one")
        self.provider = JupyterHubIdentityProvider(hub_auth=auth)
        bridge_outages(self.provider)

    async def identify(self, token: str) -> str | None:
        """As a server does whose own cache has ended."""
        auth = self.provider.hub_auth
        user = await auth.user_for_token(token, use_cache=False, sync=False)
        return user and str(user["name"])


class _Handler(RequestHandler):
    """Knows some tokens; or answers with a fault of its own."""

    def initialize(self, hub: Hub) -> None:
        self.hub = hub

    def get(self) -> None:
        name = self.request.headers["Authorization"].removeprefix("token ")
        status = self.hub.status or (200 if name in self.hub.known else 403)
        self.set_status(status)
        self.finish(json.dumps({"name": name, "scopes": []}))


@asynccontextmanager
async def serving() -> AsyncIterator[Hub]:
    made = Hub()
    app = Application([("/hub/api/user", _Handler, {"hub": made})])
    async with served(app) as port:
        made.serve(port)
        yield made


@pytest_asyncio.fixture(autouse=True)
async def closed_client() -> AsyncIterator[None]:
    """JupyterHub keeps one HTTP client per event loop, and never closes it."""
    yield
    await JupyterHubHTTPClient.loop_instance().close()


@pytest_asyncio.fixture
async def hub() -> AsyncIterator[Hub]:
    async with serving() as made:
        yield made


async def fail(*_: object, **__: object) -> None:
    raise HTTPError(500, "Failed to connect to Hub API")


@pytest.mark.parametrize("status", [500, 502, 503, 429])
async def test_who_was_known_stays_known_while_the_hub_fails(
    hub: Hub, status: int
) -> None:
    assert await hub.identify("ann") == "ann"

    hub.status = status

    assert await hub.identify("ann") == "ann"
    with pytest.raises(HTTPError):
        await hub.identify("bob")


async def test_who_was_known_stays_known_when_the_hub_has_gone() -> None:
    async with serving() as hub:
        assert await hub.identify("ann") == "ann"

    assert await hub.identify("ann") == "ann"
    with pytest.raises(HTTPError, match="Failed to connect"):
        await hub.identify("bob")


async def test_what_the_hub_says_counts_at_once(hub: Hub) -> None:
    """A log-out is not undone by the next outage."""
    assert await hub.identify("ann") == "ann"
    hub.known.remove("ann")
    assert await hub.identify("ann") is None

    hub.status = 503

    with pytest.raises(HTTPError):
        await hub.identify("ann")


async def test_nobody_is_let_in_by_what_was_said_long_ago() -> None:
    clock = FakeClock()
    hub: list[object] = [{"name": "ann"}]

    async def ask(*_: object, **__: object) -> object:
        return hub.pop() if hub else await fail()

    memory = IdentityMemory(ask, clock)
    options = {"headers": {"Authorization": "token ann"}}
    said = await memory("GET", "http://hub/hub/api/user", **options)

    clock.advance(MOST_SECONDS)
    assert await memory("GET", "http://hub/hub/api/user", **options) == said

    clock.advance(1)
    with pytest.raises(HTTPError):
        await memory("GET", "http://hub/hub/api/user", **options)


async def test_other_requests_are_not_answered_for_the_hub() -> None:
    """A code of a log-in is good once."""
    answers = [{"access_token": "a"}]

    async def ask(*_: object, **__: object) -> object:
        return answers.pop() if answers else await fail()

    memory = IdentityMemory(ask)
    options = {"headers": {"Authorization": "token ann"}}
    await memory("POST", "http://hub/hub/api/oauth2/token", **options)

    with pytest.raises(HTTPError):
        await memory("POST", "http://hub/hub/api/oauth2/token", **options)


async def test_so_many_are_remembered_and_no_more() -> None:
    is_up = True

    async def ask(*_: object, **__: object) -> object:
        return {"name": "a"} if is_up else await fail()

    memory = IdentityMemory(ask)
    url = "http://hub/hub/api/user"
    for number in range(MOST_TOKENS + 1):
        await memory("GET", url, headers={"Authorization": f"token {number}"})
    is_up = False

    assert await memory("GET", url, headers={"Authorization": "token 1"})
    with pytest.raises(HTTPError):
        await memory("GET", url, headers={"Authorization": "token 0"})


def test_a_server_without_a_hub_is_left_alone() -> None:
    bridge_outages(object())


def test_a_server_goes_on_without_its_hub(tmp_path: Path) -> None:
    """The real one, whose own cache ends after a second."""
    etc = tmp_path / "prefix" / "etc" / "jupyter"
    etc.mkdir(parents=True)
    ours = Path(sys.prefix) / "etc" / "jupyter" / "jupyter_server_config.d"
    (etc / ours.name).symlink_to(ours)
    (tmp_path / "home").mkdir()
    options = ["--HubOAuth.cache_max_age=1"]
    with ExitStack() as running:
        with running_hub() as hub:
            server = running.enter_context(started(tmp_path, hub, {}, options))
            assert server.wait() is None, server.log
            server.get("api/status")

        def asked_in_vain() -> bool:
            server.get("api/status")
            return "Error connecting to" in server.log

        eventually(asked_in_vain, within=60, what="the server asks its hub")
