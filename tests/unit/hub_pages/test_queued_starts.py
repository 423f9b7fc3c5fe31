"""Servers that do not fit the quota, with JupyterHub and our spawner."""

import asyncio

import pytest
import pytest_asyncio
from unit.hub_pages.queue_hub import PEOPLE, Scene, queue_hub

from support.eventually import until

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory):
    async with queue_hub(tmp_path_factory.mktemp("hub")) as hub:
        yield hub


@pytest_asyncio.fixture(loop_scope="module")
async def scene(running):
    yield Scene(running)
    for name in PEOPLE:
        if name not in running.hub.users:
            continue
        browser = await running.visit(name)
        user = running.hub.users[name]
        for server in list(user.spawners):
            spawner = user.spawners[server]
            if server and spawner.active:
                await browser.call("DELETE", f"users/{name}/servers/{server}")
        await until(lambda u=user: not any(s.active for s in u.spawners.values()))
        for server, row in list(user.orm_spawners.items()):
            if server:
                user.spawners.pop(server, None)
                running.hub.db.delete(row)
        running.hub.db.commit()
    await until(lambda: not running.core.objects)
    assert not running.context.start_queue._entries


@pytest_asyncio.fixture(loop_scope="module")
async def ada(scene):
    browser = await scene.visit("ada")
    await scene.start(browser)
    await scene.runs("ada")
    return browser


@pytest_asyncio.fixture(loop_scope="module")
async def ben(scene, ada):
    del ada
    browser = await scene.visit("ben")
    answered = await scene.start(browser)
    assert answered.status_code == 302, answered.text
    await scene.waits("ben")
    return browser


async def test_the_second_waits_and_starts_when_the_first_is_stopped(scene, ada, ben):
    del ben
    assert scene.spawner("ben", "vision-pytorch").queued_message == (
        "Waiting in the queue of Vision, 1 of 1: Vision uses 2 of 2 CPU, and this "
        "server asks for 2."
    )
    assert len(scene.pods()) == 1

    assert (await scene.stop(ada)).status_code == 204

    await scene.runs("ben")
    assert scene.spawner("ben", "vision-pytorch").queued_message == ""


async def test_the_gallery_says_what_it_waits_for(scene, ben):
    del scene
    page = await ben.open("/hub/spawn")

    assert ">Queued<" in page.text
    assert "Waiting in the queue of Vision, 1 of 1: Vision uses 2 of 2 CPU" in page.text
    assert 'data-leave="vision-pytorch"' in page.text


async def test_the_page_of_the_start_offers_what_fits_now(scene, ada, ben):
    """With a smaller one that is stopped, a core is free: half of what is asked for."""
    await scene.stop(ada)
    await scene.runs("ben")
    await scene.stop(ben)
    await scene.start(ada, cpu="1")
    await scene.runs("ada")
    await scene.start(ben)
    await scene.waits("ben")

    page = await ben.open("/hub/spawn-pending/ben/vision-pytorch")

    block = page.text.partition('div data-remedy="queued"')[2].partition("</div>")[0]
    assert "There is room for less now" in block
    assert "Start with less: 0.25 cores" in block
    assert (await scene.start(ben, cpu="0.25", memory="1Gi")).status_code == 302
    await scene.runs("ben")
    assert scene.spawner("ben", "vision-pytorch").user_options["cpu"] == "0.25"


async def test_nothing_smaller_is_offered_where_nothing_is_free(scene, ben):
    del scene
    page = await ben.open("/hub/spawn-pending/ben/vision-pytorch")

    assert 'div data-remedy="queued"' not in page.text


async def test_who_leaves_the_queue_can_start_again_at_once(scene, ada, ben):
    assert (await scene.stop(ben)).status_code == 204
    assert scene.spawner("ben", "vision-pytorch") is None
    row = scene.running.hub.users["ben"].orm_spawners["vision-pytorch"]
    assert "failure" not in (row.state or {})

    await scene.start(ben)
    await scene.waits("ben")
    await scene.stop(ada)
    await scene.runs("ben")


async def test_a_double_click_waits_once(scene, ben):
    again = await asyncio.gather(*(scene.start(ben) for _ in range(4)))

    assert {each.status_code for each in again} == {302}
    assert {each.headers["location"] for each in again} == {
        "/hub/spawn-pending/ben/vision-pytorch"
    }
    (entries,) = scene.context.start_queue._entries.values()
    assert len(entries) == 1


async def test_two_tabs_that_leave_the_queue_are_answered(scene, ben):
    answers = await asyncio.gather(*(scene.stop(ben) for _ in range(3)))

    assert {each.status_code for each in answers} <= {202, 204, 409}
    await until(lambda: not scene.is_active("ben"))


async def test_a_wrong_size_costs_nobody_their_turn(scene, ben):
    answered = await scene.start(ben, cpu="99")

    assert answered.status_code == 422
    assert "is outside what this environment allows" in answered.text
    assert scene.spawner("ben", "vision-pytorch").queued_message


async def test_a_stop_while_it_is_admitted_leaves_nothing(scene, ada, ben):
    await scene.stop(ada)
    answered = await scene.stop(ben)

    assert answered.status_code in {202, 204}
    assert not scene.is_active("ben")
    await until(lambda: not scene.core.objects)


async def test_a_queue_keeps_no_other_project_from_starting(scene, ada, ben):
    """Two starts at once are allowed, and those that wait are none."""
    await scene.start(ada, environment="xgboost")
    await scene.start(ben, environment="xgboost")
    await scene.waits("ada", "vision-xgboost")
    await scene.waits("ben", "vision-xgboost")

    answered = await scene.start(ben, project="speech")

    assert answered.status_code == 302, answered.text
    await scene.runs("ben", "speech-pytorch")


async def test_more_than_the_whole_quota_is_a_sentence_at_once(scene):
    browser = await scene.visit("ada")

    answered = await scene.start(browser, environment="large", cpu="3")

    assert "The server asks for 3 CPU, and the quota of Vision is 2" in answered.text
    assert not scene.core.objects
