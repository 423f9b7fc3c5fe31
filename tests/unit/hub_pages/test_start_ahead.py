"""Servers started ahead: who gets one, who uses it, and how it goes."""

import asyncio
import time

import pytest
import pytest_asyncio
from jupyterhub import orm
from unit.hub_pages.hub import running_hub
from unit.hub_pages.pod_spawner import (
    NAME,
    OPTIONS,
    OTHER,
    SETTINGS,
    PodSpawner,
    ahead,
    configure,
    pods,
    spawner_of,
    want,
)
from unit.mofang_kube.test_free_capacity import node
from unit.mofang_spawner.conftest import a_plan

from mofang_hub.pages.start_ahead import START_AHEAD
from mofang_hub.start_ahead.metrics import ENDED, STARTED
from mofang_hub.start_ahead.policy import StartAheadSettings
from mofang_kube.errors import KubernetesUnavailableError
from mofang_kube.free_capacity import FreeCapacity

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_hub(tmp_path_factory):
    async with pods(), running_hub(tmp_path_factory.mktemp("hub"), configure) as hub:
        hub.ahead = hub.hub.tornado_settings[START_AHEAD]
        yield hub


@pytest_asyncio.fixture(loop_scope="module")
async def hub(one_hub):
    PodSpawner.removing.set()
    PodSpawner.may_answer.set()
    PodSpawner.failure, PodSpawner.limit = None, 0
    PodSpawner.is_needed, PodSpawner.free = False, FreeCapacity([node("cpu-1")], [])
    PodSpawner.choices._servers.clear()
    one_hub.ahead._paused.clear()
    one_hub.ahead.settings = SETTINGS
    before = {name: count(name) for name in ("used", "expired", "yielded", "failed")}
    one_hub.ended = lambda name: count(name) - before[name]
    yield one_hub
    PodSpawner.removing.set()
    PodSpawner.may_answer.set()
    PodSpawner.pods.clear()
    for user in list(one_hub.hub.users.values()):
        for name, spawner in list(user.spawners.items()):
            if spawner._spawn_future:
                await asyncio.wait([spawner._spawn_future])
            if name and spawner.active:
                await user.stop(name)
    PodSpawner.starts.clear()
    PodSpawner.labelled.clear()
    PodSpawner.removals.clear()
    one_hub.forget()


@pytest_asyncio.fixture(loop_scope="module")
async def ada(hub):
    browser = await hub.visit("ada")
    want(hub)
    return browser


def count(outcome):
    return ENDED.labels(outcome=outcome)._value.get()


async def press_start(browser, server=NAME, **changes):
    environment = server.removeprefix("vision-")
    form = {"project": "vision", "environment": environment, **changes}
    return await browser.send(f"/hub/spawn/{browser.name}/{server}", **form)


# -- who gets one


async def test_who_logs_in_finds_their_server_started(hub, ada):
    begun = STARTED._value.get()

    assert await ahead(ada) == NAME

    assert PodSpawner.starts == [("ada", NAME, OPTIONS)]
    assert spawner_of(hub).is_unused
    assert STARTED._value.get() == begun + 1


@pytest.mark.parametrize(
    ("servers", "card", "started"),
    [
        pytest.param([NAME] * 3 + [OTHER] * 2, "", NAME, id="often enough"),
        pytest.param([NAME] * 2 + [OTHER] * 2, "", None, id="as often as another"),
        pytest.param([NAME] * 2, "", None, id="too few starts"),
        pytest.param([NAME] * 4 + [OTHER], OTHER, OTHER, id="its card"),
        pytest.param([NAME] * 9 + [OTHER], OTHER, None, id="the card of a rare one"),
        pytest.param([NAME] * 5, OTHER, None, id="a card never started"),
    ],
)
async def test_how_sure_the_hub_must_be(hub, servers, card, started):
    ada = await hub.visit("ada")
    want(hub, *servers)

    assert await ahead(ada, card) == started
    assert len(PodSpawner.starts) == bool(started)


@pytest.mark.parametrize(
    "lacks",
    [
        pytest.param({"settings": StartAheadSettings()}, id="switched off"),
        pytest.param({"free": FreeCapacity([], [])}, id="no node has room"),
        pytest.param({"free": None}, id="nobody knows what is free"),
        pytest.param({"options": {**OPTIONS, "job": "train-abc123"}}, id="a job's"),
        pytest.param({"options": {**OPTIONS, "cpu": "99"}}, id="no longer allowed"),
        pytest.param({"options": {}}, id="never started"),
    ],
)
async def test_nothing_is_started_without_what_it_needs(hub, ada, lacks):
    hub.ahead.settings = lacks.get("settings", SETTINGS)
    PodSpawner.free = lacks.get("free", PodSpawner.free)
    hub.hub.users["ada"].orm_spawners[NAME].user_options = lacks.get("options", OPTIONS)
    hub.hub.db.commit()

    assert await ahead(ada) is None
    assert PodSpawner.starts == []


async def test_nobody_has_two_and_all_together_have_the_budget(hub, ada):
    want(hub, *[NAME] * 3, *[OTHER] * 2)
    assert await ahead(ada) == NAME

    assert await ahead(ada, OTHER) is None, "she has one"
    for name, started in (("ben", NAME), ("cem", None)):
        browser = await hub.visit(name)
        if name == "ben":
            want(hub, name=name)
            assert await ahead(browser) == started
    hub.ahead.settings = SETTINGS.model_copy(update={"max_servers": 1})
    await hub.hub.users["ben"].stop(NAME)
    assert await ahead(await hub.visit("ben")) is None, "the budget is used up"


async def test_two_tabs_are_one_start(hub, ada):
    found = await asyncio.gather(*(ahead(ada) for _ in range(4)))

    assert sorted(map(str, found)) == ["None", "None", "None", NAME]
    assert len(PodSpawner.starts) == 1


async def test_who_has_a_server_running_is_asked_by_cards_alone(hub, ada):
    want(hub, *[NAME] * 4, *[OTHER] * 2)
    await press_start(ada, OTHER)

    assert await ahead(ada) is None
    assert await ahead(ada, NAME) == NAME


async def test_only_a_post_of_the_hubs_own_page_starts_anything(hub, ada):
    path = "/hub/api/mofang/users/ada/start-ahead"

    assert (await ada.http.post(path, json={})).status_code == 403
    assert (await ada.http.get(path)).status_code == 405
    await ada.open("/hub/spawn")
    await ada.open(f"/hub/spawn/ada/{NAME}")

    assert PodSpawner.starts == []


async def test_nobody_has_servers_of_others_started(hub, ada):
    await hub.visit("ben")
    want(hub, name="ben")

    answer = await ada.call("POST", "mofang/users/ben/start-ahead")

    assert answer.status_code == 404
    assert PodSpawner.starts == []


@pytest.mark.parametrize("body", [{"card": 7}, {"card": "x" * 300}, [], "x"])
async def test_a_body_that_cannot_be_is_refused(hub, ada, body):
    headers = {"X-XSRFToken": ada.xsrf}
    path = "/hub/api/mofang/users/ada/start-ahead"

    answer = await ada.http.post(path, headers=headers, json=body)

    assert answer.status_code == 400
    assert PodSpawner.starts == []


# -- until somebody uses it


async def test_it_is_not_shown_as_running(hub, ada):
    await ahead(ada)

    page = (await ada.open("/hub/spawn")).text
    assert 'aria-label="Start Pytorch"' in page
    assert 'class="mofang-server is-running"' not in page
    assert (await ada.call("GET", "users/ada")).json()["servers"] == {}
    all_of_them = await ada.call("GET", "users/ada?include_stopped_servers=1")
    model = all_of_them.json()["servers"][NAME]
    assert (model["ready"], model["stopped"]) == (False, True)
    assert (await ada.open(f"/hub/spawn/ada/{NAME}")).status_code == 200
    assert spawner_of(hub).is_unused, "looking is no use"


async def test_its_own_report_of_idleness_changes_nothing(hub, ada):
    await ahead(ada)
    path = f"mofang/users/ada/servers/{NAME}/activity"

    answer = await ada.call(
        "POST", path, idle_seconds=9e5, noticed_seconds=9e5, notebooks=[]
    )

    assert answer.status_code == 200, answer.text
    assert answer.json()["action"] == "keep"
    assert spawner_of(hub).is_unused


async def test_a_start_ahead_that_fails_concerns_nobody(hub, ada):
    PodSpawner.failure = KubernetesUnavailableError("Kubernetes does not answer.")

    assert await ahead(ada) == NAME

    assert hub.ended("failed") == 1
    assert spawner_of(hub) is None
    page = (await ada.open("/hub/spawn")).text
    assert "did not start" not in page
    assert "Kubernetes does not answer" not in page
    assert await ahead(ada) is None, "not again by the next log-in"


# -- who uses it


async def test_pressing_start_opens_what_is_there(hub, ada):
    await ahead(ada)

    answer = await press_start(ada)

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(f"/user/ada/{NAME}")
    assert len(PodSpawner.starts) == 1
    assert not spawner_of(hub).is_unused
    page = (await ada.open("/hub/spawn")).text
    assert 'class="mofang-server is-running"' in page
    assert list((await ada.call("GET", "users/ada")).json()["servers"]) == [NAME]
    assert hub.ended("used") == 1
    assert PodSpawner.choices.likely("ada")[0].starts == 6
    await hub.ahead.check()
    assert PodSpawner.labelled == [f"ada/{NAME}"]


async def test_pressing_start_while_it_starts_shows_its_progress(hub, ada):
    PodSpawner.may_answer.clear()
    await ahead(ada)

    answer = await press_start(ada)

    assert answer.headers["Location"].startswith(f"/hub/spawn-pending/ada/{NAME}")
    PodSpawner.may_answer.set()
    await asyncio.wait([spawner_of(hub)._spawn_future])
    assert spawner_of(hub).ready
    assert not spawner_of(hub).is_unused
    assert len(PodSpawner.starts) == 1


async def test_who_waits_for_it_is_told_why_it_fails(hub, ada):
    PodSpawner.may_answer.clear()
    await ahead(ada)
    await press_start(ada)

    PodSpawner.pods.clear()
    await asyncio.wait([spawner_of(hub)._spawn_future])

    assert hub.ended("failed") == 0
    assert spawner_of(hub)._failed


async def test_a_start_by_rest_uses_it(hub, ada):
    await ahead(ada)

    answer = await ada.call("POST", f"users/ada/servers/{NAME}")

    assert answer.status_code == 201
    assert not spawner_of(hub).is_unused
    again = await ada.call("POST", f"users/ada/servers/{NAME}")
    assert again.status_code == 400
    assert len(PodSpawner.starts) == 1


async def test_opening_its_address_uses_it(hub, ada):
    """The server asks the hub who it is, with the token that the browser got for it."""
    await ahead(ada)
    db, user = hub.hub.db, hub.hub.users["ada"]
    client = spawner_of(hub).oauth_client_id
    assert db.query(orm.OAuthClient).filter_by(identifier=client).count() == 1
    of_another = await ada.call("POST", "users/ada/tokens", note="a script")
    of_server = orm.APIToken.new(user=user.orm_user, client_id=client)

    for token, used in ((of_another.json()["token"], False), (of_server, True)):
        answer = await ada.http.get(
            "/hub/api/user", headers={"Authorization": f"token {token}"}
        )
        assert answer.status_code == 200
        assert spawner_of(hub).is_unused is not used


@pytest.mark.parametrize("changes", [{"memory": "4Gi"}, {"safe_mode": "true"}])
async def test_who_wants_it_otherwise_gets_a_new_one(hub, ada, changes):
    await ahead(ada)

    await press_start(ada, **changes)

    asked = {"safe_mode": True} if "safe_mode" in changes else changes
    assert PodSpawner.starts[1:] == [("ada", NAME, {**OPTIONS, **asked})]
    assert not spawner_of(hub).is_unused
    assert hub.ended("yielded") == 1


async def test_a_start_in_the_middle_of_its_end_waits_for_that(hub, ada):
    await ahead(ada)
    PodSpawner.removing.clear()
    going = asyncio.create_task(hub.ahead.stop(spawner_of(hub), "expired"))
    starting = asyncio.create_task(press_start(ada))
    async with asyncio.timeout(30):
        # Its end, and whoever waits for that end.
        while len(PodSpawner.removals) < 2:  # noqa: ASYNC110 - the fake has no event
            await asyncio.sleep(0.01)
    PodSpawner.removing.set()
    answer, _ = await asyncio.gather(starting, going)

    assert answer.status_code == 302
    assert len(PodSpawner.starts) == 2
    assert not spawner_of(hub).is_unused
    assert hub.ended("used") == 0


@pytest.mark.parametrize("action", ["restart", "remove"])
async def test_actions_of_the_list_know_it(hub, ada, action):
    await ahead(ada)

    answer = await ada.call("POST", f"mofang/servers/ada/{NAME}/{action}")

    assert answer.is_success, answer.text
    assert len(PodSpawner.starts) == 1
    assert bool(PodSpawner.pods) == (action == "restart")
    assert ada.known_servers() == ({NAME} if action == "restart" else set())


# -- when it goes


async def test_unused_it_goes_and_the_next_log_in_starts_none(hub, ada):
    await ahead(ada)
    await hub.ahead.check()
    assert PodSpawner.pods, "not yet"

    spawner_of(hub).started_ahead = time.time() - 301
    await hub.ahead.check()

    assert PodSpawner.pods == set()
    assert spawner_of(hub) is None
    assert hub.ended("expired") == 1
    assert await ahead(ada) is None
    assert await ahead(ada, NAME) == NAME, "a card is another sign"


async def test_a_clock_that_was_set_back_keeps_nothing(hub, ada):
    await ahead(ada)
    spawner_of(hub).started_ahead = time.time() + 3600

    await hub.ahead.check()

    assert PodSpawner.pods == set()


async def test_an_administrator_who_switches_it_off_ends_what_is_left(hub, ada):
    await ahead(ada)
    hub.ahead.settings = StartAheadSettings()

    await hub.ahead.check()

    assert PodSpawner.pods == set()


@pytest.mark.parametrize(
    ("project", "goes"), [({}, True), ({"name": "speech"}, False)], ids=["own", "other"]
)
async def test_it_gives_way_to_a_start_that_its_quota_would_refuse(
    hub, ada, project, goes
):
    await ahead(ada)

    assert await hub.ahead.make_room(a_plan(project=project), True) is goes

    assert bool(PodSpawner.pods) is not goes
    assert hub.ended("yielded") == goes


@pytest.mark.parametrize("is_room", [True, False])
async def test_it_gives_way_where_a_node_lacks_its_room(hub, ada, is_room):
    await ahead(ada)
    if not is_room:
        PodSpawner.free = FreeCapacity([], [])

    other = a_plan(project={"name": "speech"})
    assert await hub.ahead.make_room(other, False) is is_room

    assert bool(PodSpawner.pods) is not is_room


async def test_it_gives_way_to_a_pod_of_a_job(hub, ada):
    await ahead(ada)
    PodSpawner.is_needed = True

    await hub.ahead.check()

    assert PodSpawner.pods == set()
    assert hub.ended("yielded") == 1


async def test_one_that_is_still_starting_gives_way_too(hub, ada):
    PodSpawner.may_answer.clear()
    await ahead(ada)

    assert await hub.ahead.make_room(a_plan(), True)

    assert PodSpawner.pods == set()
    assert spawner_of(hub) is None
    assert hub.ended("failed") == 0


async def test_the_limit_of_active_servers_is_for_those_in_use(hub, ada):
    await hub.visit("ben")
    want(hub, name="ben")
    await ahead(ada)
    hub.ahead._active_limit = 1
    try:
        ben = await hub.visit("ben")
        assert await ahead(ben) is None
        await press_start(ben)
    finally:
        hub.ahead._active_limit = 9

    assert PodSpawner.pods == {f"ben/{NAME}"}
