"""A snapshot of a home by REST: for its user alone, and not without end."""

from types import SimpleNamespace

import pytest
import pytest_asyncio
from unit.hub_pages.hub import running_hub

from mofang_hub.auth.scopes import CUSTOM_SCOPES, load_roles
from mofang_hub.pages import snapshot_handler
from mofang_spawner.volumes.snapshot_requests import SnapshotUnavailableError

NAME = "mofang-requested-20261130T041500Z"
PATH = "mofang/home/snapshots"

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Homes:
    def __init__(self):
        self.asked = []
        self.failure = None

    async def create(self, username):
        pass

    async def snapshot(self, username):
        self.asked.append(username)
        if self.failure:
            raise SnapshotUnavailableError(self.failure)
        return NAME


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory):
    homes = Homes()

    async def ready():
        pass

    def change(c):
        c.JupyterHub.custom_scopes = CUSTOM_SCOPES
        c.JupyterHub.load_roles = load_roles()
        # The training service's scope needs the service.
        c.JupyterHub.services = [{"name": "training", "api_token": "x" * 32}]
        context = SimpleNamespace(ready=ready, homes=homes)
        c.JupyterHub.spawner_class.context = lambda spawner: context

    async with running_hub(tmp_path_factory.mktemp("hub"), change) as hub:
        yield SimpleNamespace(visit=hub.visit, homes=homes)


@pytest.fixture
def hub(running):
    snapshot_handler._taken.clear()
    running.homes.asked.clear()
    running.homes.failure = None
    return running


async def test_a_person_gets_a_snapshot_of_their_own_home(hub):
    ada, ben = await hub.visit("ada"), await hub.visit("ben")

    answers = [await each.call("POST", PATH) for each in (ada, ben)]

    assert [each.status_code for each in answers] == [201, 201]
    assert answers[0].json() == {"name": NAME}
    assert hub.homes.asked == ["ada", "ben"]


async def test_a_token_without_the_scope_gets_none(hub):
    ada = await hub.visit("ada")
    scopes = {"scopes": ["read:users!user"]}
    token = (await ada.call("POST", "users/ada/tokens", **scopes)).json()["token"]

    answer = await ada.http.post(
        f"/hub/api/{PATH}",
        headers={"Authorization": f"token {token}", "Cookie": ""},
    )

    assert answer.status_code == 403
    assert "custom:mofang:home:snapshot" in answer.json()["message"]
    assert hub.homes.asked == []


async def test_a_token_with_the_scope_alone_gets_one(hub):
    ada = await hub.visit("ada")
    scopes = {"scopes": ["custom:mofang:home:snapshot"]}
    token = (await ada.call("POST", "users/ada/tokens", **scopes)).json()["token"]

    answer = await ada.http.post(
        f"/hub/api/{PATH}",
        headers={"Authorization": f"token {token}", "Cookie": ""},
    )

    assert answer.status_code == 201
    assert hub.homes.asked == ["ada"]


async def test_a_service_has_no_home(hub):
    ada = await hub.visit("ada")

    answer = await ada.http.post(
        f"/hub/api/{PATH}",
        headers={"Authorization": f"token {'x' * 32}", "Cookie": ""},
    )

    assert answer.status_code == 403


async def test_one_too_soon_is_refused(hub):
    ada = await hub.visit("ada")
    await ada.call("POST", PATH)

    answer = await ada.call("POST", PATH)

    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 5
    assert "Try again in" in answer.json()["message"]
    assert hub.homes.asked == ["ada"]


async def test_why_there_is_none_is_said(hub):
    ada = await hub.visit("ada")
    hub.homes.failure = "No snapshot was taken. This file system has no snapshots."

    answer = await ada.call("POST", PATH)

    assert answer.status_code == 503
    assert answer.json()["message"] == hub.homes.failure
