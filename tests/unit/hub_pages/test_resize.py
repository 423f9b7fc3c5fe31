"""Resizing by the hub's REST API: for a server's owner, and for the server itself."""

import pytest
import pytest_asyncio
from jupyterhub.orm import APIToken
from unit.hub_pages.hub import running_hub

from mofang_hub.auth.scopes import CUSTOM_SCOPES, load_roles, server_token_scopes
from mofang_spawner.resize import NotResizedError

NAME = "vision-pytorch"
OTHER = "vision-xgboost"
OPTIONS = {"project": "vision", "environment": "pytorch", "memory": "2Gi"}

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_hub(tmp_path_factory):
    def change(c):
        c.JupyterHub.custom_scopes = CUSTOM_SCOPES
        c.JupyterHub.load_roles = load_roles()
        c.JupyterHub.services = [{"name": "training", "api_token": "x" * 32}]

    async with running_hub(tmp_path_factory.mktemp("hub"), change) as hub:
        yield hub


@pytest_asyncio.fixture(loop_scope="module")
async def hub(one_hub):
    yield one_hub
    one_hub.forget()


@pytest_asyncio.fixture(loop_scope="module")
async def ada(hub):
    browser = await hub.visit("ada")
    know(hub)
    return browser


def know(hub, name=NAME, owner="ada", pending=None):
    """Make a server known that runs, or is in the middle of something."""
    user = hub.hub.users[owner]
    spawner = user.get_or_create_spawner(name, name)
    spawner.user_options = dict(OPTIONS)
    user.orm_spawners[name].user_options = dict(OPTIONS)
    hub.hub.db.commit()
    hub.spawner.now[name] = pending
    return spawner


def path(name=NAME, owner="ada"):
    return f"mofang/servers/{owner}/{name}/resize"


def token_of(hub, spawner):
    """A server's own token, as JupyterHub makes it."""
    hub.hub.db.add(spawner.orm_spawner)
    token = spawner.user.new_api_token(
        note="server", scopes=scopes_of(spawner), roles=None
    )
    hub.hub.db.commit()
    assert APIToken.find(hub.hub.db, token) is not None
    return {"Authorization": f"token {token}"}


def scopes_of(spawner):
    server = f"{spawner.user.name}/{spawner.name}"
    return [
        each.replace("!server", f"!server={server}").replace(
            "!user", f"!user={spawner.user.name}"
        )
        if not each.startswith("access:services")
        else each
        for each in server_token_scopes()
    ]


async def test_a_page_resizes_and_is_told_what_it_has(hub, ada):
    answer = await ada.call("POST", path(), memory="4Gi")

    assert answer.status_code == 200, answer.text
    assert hub.spawner.resizes == [("ada", NAME, {"memory": "4Gi"}, 0)]
    cpu, memory = answer.json()["sizes"]
    assert (cpu["name"], cpu["value"], cpu["low"], cpu["high"]) == ("cpu", 0.5, 0.25, 2)
    assert (memory["unit"], memory["value"], memory["low"]) == ("GiB", 4, 1)
    assert memory["steps"][0] == 1
    assert memory["steps"][-1] == memory["high"] == 8


async def test_what_may_be_chosen_is_told(hub, ada):
    answer = await ada.call("GET", path())

    assert [each["name"] for each in answer.json()["sizes"]] == ["cpu", "memory"]
    assert hub.spawner.resizes == []


async def test_a_refusal_is_a_sentence(hub, ada):
    hub.spawner.failure = NotResizedError("Its node has no room.")

    answer = await ada.call("POST", path(), memory="4Gi")

    assert answer.status_code == 409
    assert answer.json()["message"] == "Its node has no room."


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"gpu": 1, "memory": "4Gi"}, "GPUs cannot be changed while a server runs"),
        ({"memory": ""}, "Say what the server is to have"),
        ({"disk": "4Gi"}, "disk is not known here"),
    ],
)
async def test_what_cannot_be_asked_for_is_a_sentence(hub, ada, body, says):
    answer = await ada.call("POST", path(), **body)

    assert answer.status_code == 422
    assert says in answer.json()["message"]
    assert hub.spawner.resizes == []


@pytest.mark.parametrize("pending", ["spawn", "stop"])
async def test_what_does_not_run_is_not_resized(hub, ada, pending):
    know(hub, pending=pending)

    answer = await ada.call("POST", path(), memory="4Gi")

    assert answer.status_code == 409
    assert "does not run now" in answer.json()["message"]


async def test_a_server_that_is_unknown_is_a_sentence(hub, ada):
    answer = await ada.call("POST", path("vision-nothing"), memory="4Gi")

    assert answer.status_code == 404
    assert "There is no server vision-nothing" in answer.json()["message"]


async def test_pages_of_other_sites_resize_nothing(hub, ada):
    answer = await ada.http.post(f"/hub/api/{path()}", json={"memory": "4Gi"})

    assert answer.status_code == 403
    assert hub.spawner.resizes == []


async def test_nobody_resizes_the_servers_of_others(hub, ada):
    await hub.visit("ben")
    know(hub, owner="ben")

    answer = await ada.call("POST", path(owner="ben"), memory="4Gi")

    assert answer.status_code in {403, 404}
    assert hub.spawner.resizes == []


async def test_a_server_resizes_itself_and_no_other(hub, ada):
    headers = token_of(hub, know(hub))
    know(hub, OTHER)
    ada.http.cookies.clear()

    async def ask(name):
        address = f"/hub/api/{path(name)}"
        return await ada.http.post(address, headers=headers, json={"cpu": "1"})

    own, other = await ask(NAME), await ask(OTHER)

    assert own.status_code == 200, own.text
    assert other.status_code in {403, 404}
    assert [name for _, name, *_ in hub.spawner.resizes] == [NAME]
