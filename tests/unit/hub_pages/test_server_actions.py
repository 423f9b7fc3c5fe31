"""Restart, rename and remove, asked of the hub's own handlers."""

import asyncio

import pytest
from unit.hub_pages.hub import JOB

from mofang_kube.errors import QuotaError

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAME = "vision-pytorch"
OPTIONS = {"project": "vision", "environment": "pytorch", "cpu": "1"}


def know(hub, pending="stopped", name="ada"):
    """Make a server known: stopped, running (None), or in the middle of something."""
    user = hub.hub.users[name]
    user.get_or_create_spawner(NAME, NAME)
    user.orm_spawners[NAME].user_options = dict(OPTIONS)
    hub.hub.db.commit()
    if pending != "stopped":
        hub.spawner.now[NAME] = pending


async def act(browser, action, owner="ada", **body):
    address = f"mofang/servers/{owner}/{NAME}/{action}"
    headers = {"X-XSRFToken": browser.xsrf}
    return await browser.http.post(f"/hub/api/{address}", headers=headers, json=body)


def shown_name(hub):
    return hub.hub.users["ada"].orm_spawners[NAME].display_name


# -- rename


@pytest.mark.parametrize("pending", ["stopped", None, "spawn", "stop"])
async def test_a_server_is_renamed_whatever_it_does(hub, ada, pending):
    know(hub, pending)

    answer = await act(ada, "rename", display_name="  Long   run of <b>May</b> ")

    assert answer.status_code == 200, answer.text
    assert shown_name(hub) == "Long run of <b>May</b>"
    page = await ada.open("/hub/spawn")
    assert "Long run of &lt;b&gt;May&lt;/b&gt;</strong>" in page.text


async def test_an_empty_name_takes_the_name_away(hub, ada):
    know(hub)
    await act(ada, "rename", display_name="Mine")

    await act(ada, "rename", display_name=" ")

    assert shown_name(hub) == NAME
    assert "Pytorch in Vision</strong>" in (await ada.open("/hub/spawn")).text


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"display_name": "x" * 61}, "has 61 characters. Use at most 60."),
        ({"display_name": "a\u202eb"}, "cannot be shown"),
        ({"display_name": 7}, "must be a text"),
        ({"name": "x"}, "name is not known here"),
    ],
)
async def test_a_name_that_cannot_be_is_refused_with_a_sentence(hub, ada, body, says):
    know(hub)

    answer = await act(ada, "rename", **body)

    assert answer.status_code == 422
    assert says in answer.json()["message"]
    assert shown_name(hub) == NAME


# -- remove


async def test_a_stopped_server_is_forgotten(hub, ada):
    know(hub)

    assert (await act(ada, "remove")).status_code == 200

    assert ada.known_servers() == set()
    assert NAME not in hub.hub.users["ada"].spawners


@pytest.mark.parametrize(
    ("pending", "says"),
    [
        (None, "was started meanwhile. Stop it before you remove it."),
        ("spawn", "was started meanwhile"),
        ("stop", "is still stopping"),
    ],
)
async def test_what_another_tab_has_started_is_not_removed(hub, ada, pending, says):
    know(hub, pending)

    answer = await act(ada, "remove")

    assert answer.status_code == 409
    assert says in answer.json()["message"]
    assert ada.known_servers() == {NAME}


@pytest.mark.parametrize("action", ["restart", "rename", "remove"])
async def test_what_another_tab_has_removed_is_a_sentence(hub, ada, action):
    answer = await act(ada, action)

    assert answer.status_code == 404
    assert "There is no server vision-pytorch" in answer.json()["message"]
    assert ada.known_servers() == set()


async def test_stopped_debug_servers_are_forgotten_together(hub, ada):
    know(hub)
    user = hub.hub.users["ada"]
    for name in ("vision-d1", "vision-d2", "vision-d3"):
        know_debug(user, name)
    hub.spawner.now["vision-d3"] = None
    hub.hub.db.commit()

    page = await ada.open("/hub/spawn")
    answer = await ada.call("POST", "mofang/servers/ada/remove-debug-servers")

    assert "Remove all 2 stopped debug servers" in page.text
    assert answer.json() == {"removed": 2}
    assert ada.known_servers() == {NAME, "vision-d3"}


def know_debug(user, name):
    user.get_or_create_spawner(name, name)
    user.orm_spawners[name].user_options = {**OPTIONS, "job": JOB}


async def test_debug_servers_of_others_are_kept(hub, ada):
    await hub.visit("ben")
    know_debug(hub.hub.users["ben"], "vision-d1")
    hub.hub.db.commit()

    answer = await ada.call("POST", "mofang/servers/ben/remove-debug-servers")
    forged = await ada.http.post("/hub/api/mofang/servers/ada/remove-debug-servers")

    assert (answer.status_code, forged.status_code) == (404, 403)
    assert "vision-d1" in hub.hub.users["ben"].orm_spawners


# -- restart


async def test_a_running_server_is_stopped_and_started_with_its_options(hub, ada):
    know(hub, None)
    stopped = []

    async def stop(spawner, now=False):
        stopped.append(spawner.name)
        hub.spawner.now.pop(spawner.name)

    hub.spawner.stop, before = stop, hub.spawner.stop
    try:
        answer = await act(ada, "restart", memory="4Gi")
    finally:
        hub.spawner.stop = before

    assert stopped == [NAME]
    assert hub.spawner.starts == [("ada", NAME, {**OPTIONS, "memory": "4Gi"})]
    # The fake fails once it has written down what was asked.
    assert answer.status_code >= 400


async def test_a_size_out_of_bounds_stops_nothing(hub, ada):
    know(hub, None)

    answer = await act(ada, "restart", memory="99Gi")

    assert answer.status_code == 422
    assert "Memory: 99Gi is outside" in answer.json()["message"]
    assert hub.spawner.now == {NAME: None}, "it runs on"
    assert hub.spawner.starts == []


@pytest.mark.parametrize(
    ("pending", "says"), [("spawn", "is starting already"), ("stop", "still stopping")]
)
async def test_a_restart_in_the_middle_of_something_is_a_sentence(
    hub, ada, pending, says
):
    know(hub, pending)

    answer = await act(ada, "restart")

    assert answer.status_code == 409
    assert says in answer.json()["message"]


async def test_a_restart_that_is_refused_says_why(hub, ada):
    know(hub)
    hub.spawner.failure = QuotaError("The quota of Vision is used up.")

    answer = await act(ada, "restart")

    assert answer.status_code == 403
    assert answer.json()["message"] == "The quota of Vision is used up."


async def test_two_clicks_are_one_start_and_one_sentence(hub, ada):
    know(hub)
    hub.spawner.failure = QuotaError("The quota of Vision is used up.")

    answers = await asyncio.gather(*(act(ada, "restart") for _ in range(3)))

    assert {each.status_code for each in answers} <= {403, 409}
    assert all(each.json()["message"] for each in answers)


# -- whose they are


@pytest.mark.parametrize("action", ["restart", "rename", "remove"])
async def test_nobody_does_anything_with_the_servers_of_others(hub, ada, action):
    await hub.visit("ben")
    know(hub, name="ben")

    answer = await act(ada, action, owner="ben")

    assert answer.status_code == 404
    assert set(hub.hub.users["ben"].orm_spawners) >= {NAME}
    assert hub.spawner.starts == []


@pytest.mark.parametrize("action", ["restart", "rename", "remove"])
async def test_pages_of_other_sites_do_nothing(hub, ada, action):
    know(hub)

    answer = await ada.http.post(f"/hub/api/mofang/servers/ada/{NAME}/{action}")

    assert answer.status_code == 403
    assert ada.known_servers() == {NAME}
