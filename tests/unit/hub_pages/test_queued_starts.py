"""Servers that do not fit the quota, with JupyterHub and our spawner."""

import asyncio
from types import SimpleNamespace

import aiohttp.web
import pytest
import pytest_asyncio
from jupyterhub.httpclient import JupyterHubHTTPClient
from kubespawner import KubeSpawner
from unit.hub_pages.hub import running_hub
from unit.mofang_spawner.conftest import (
    FakeContext,
    a_catalog,
    environment_body,
    project_body,
)

from mofang_spawner.server_start import ServerStart
from mofang_spawner.spawner import MofangSpawner
from support.eventually import until
from support.ports import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")

GPU = "nvidia.com/gpu"
PEOPLE = ("ada", "ben")
LARGE = {
    "cpu": {"default": "3", "max": "3"},
    "memory": {"default": "2Gi"},
    "cache": {"default": "1Gi"},
}
NODE = {
    "metadata": {"name": "cpu-1", "labels": {}},
    "status": {
        "capacity": {"cpu": "64", "memory": "512Gi", GPU: "0"},
        "allocatable": {"cpu": "64", "memory": "512Gi", GPU: "0"},
        "conditions": [{"type": "Ready", "status": "True"}],
    },
}


def a_project(name, **spec):
    members = [{"user": each, "role": "member"} for each in PEOPLE]
    return project_body(name, members=members, **spec)


class QueueContext(FakeContext):
    """Two projects, of which one may have 2 CPU, and room for all on its node."""

    def __init__(self):
        super().__init__()
        self.catalog = a_catalog(
            [a_project("vision", quota={"cpu": "2"}), a_project("speech")],
            [
                environment_body(),
                environment_body("xgboost"),
                environment_body("large", resources=LARGE),
            ],
        )
        self.node_bodies.append(NODE)
        self.homes.status = lambda name: {}


class RunningCore:
    """Makes each pod run as soon as its gate is open."""

    def __init__(self, core):
        self.core = core

    async def run(self):
        while True:
            for (kind, name), pod in list(self.core.objects.items()):
                is_open = not pod.get("spec", {}).get("schedulingGates")
                if kind == "pod" and is_open and not pod.get("status"):
                    state = {
                        "name": "notebook",
                        "ready": True,
                        "state": {"running": {}},
                    }
                    running = {
                        **pod,
                        "spec": {"nodeName": "cpu-1", **pod["spec"]},
                        "status": {
                            "phase": "Running",
                            "podIP": "127.0.0.1",
                            "containerStatuses": [state],
                        },
                    }
                    self.core.objects[kind, name] = running
                    self.core.pods.send("MODIFIED", running)
                elif kind == "pod" and "deletionTimestamp" in pod["metadata"]:
                    self.core._remove(kind, name)
            self.core.collect_garbage()
            await asyncio.sleep(0.01)


async def answer(request):
    del request
    return aiohttp.web.json_response({}, headers={"X-JupyterHub-Version": "6.0"})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory):
    """A hub whose servers are one small program on this machine."""
    port = free_port()
    application = aiohttp.web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    runner = aiohttp.web.AppRunner(application)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", port).start()
    contexts = []

    def make_context():
        if not contexts:
            contexts.append(QueueContext())
        return contexts[0]

    async def pod(self):
        return {
            "metadata": {"name": self.pod_name, "labels": {}},
            "spec": {"containers": [{"name": "notebook", "args": ["mofang-start"]}]},
        }

    class ReadyStart(ServerStart):
        """The server answers once its container runs."""

        async def _wait_for_answer(self, _url):
            pass

    class OwnSpawner(MofangSpawner):
        """Ours, whose pods are at one address."""

        server_start_class = ReadyStart

        def _get_pod_url(self, _pod):
            return f"http://127.0.0.1:{port}"

    def change(c):
        c.JupyterHub.spawner_class = OwnSpawner
        c.MofangSpawner.context = make_context
        c.MofangSpawner.start_timeout = 3660
        c.MofangSpawner.queue_timeout = 3600
        c.MofangSpawner.delete_grace_period = 0
        c.JupyterHub.concurrent_spawn_limit = 2

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kubespawner.spawner.load_config", lambda **_: None)
        patch.setattr("kubespawner.spawner.shared_client", lambda *_: None)
        patch.setattr(KubeSpawner, "get_pod_manifest", pod)
        async with running_hub(tmp_path_factory.mktemp("hub"), change) as hub:
            context = make_context()
            kubelet = asyncio.ensure_future(RunningCore(context.core).run())
            hub.hub.tornado_settings["slow_spawn_timeout"] = 0.5
            hub.hub.tornado_settings["slow_stop_timeout"] = 20
            yield SimpleNamespace(
                visit=hub.visit, hub=hub.hub, context=context, core=context.core
            )
            kubelet.cancel()
            await asyncio.gather(kubelet, return_exceptions=True)
    await JupyterHubHTTPClient.loop_instance().close()
    await runner.cleanup()


class Scene:
    """What ada and ben do."""

    def __init__(self, running):
        self.running, self.context, self.core = running, running.context, running.core

    async def visit(self, name):
        return await self.running.visit(name)

    def spawner(self, user, server):
        return self.running.hub.users[user].spawners.get(server)

    def is_active(self, user, server="vision-pytorch"):
        found = self.spawner(user, server)
        return found is not None and found.active

    async def start(self, browser, project="vision", environment="pytorch", **sizes):
        path = f"/hub/spawn/{browser.name}/{project}-{environment}"
        return await browser.send(
            path, project=project, environment=environment, **{"cpu": "2", **sizes}
        )

    async def runs(self, user, server="vision-pytorch"):
        await until(lambda: (found := self.spawner(user, server)) and found.ready)

    async def waits(self, user, server="vision-pytorch"):
        await until(
            lambda: (found := self.spawner(user, server)) and found.queued_message
        )
        return self.spawner(user, server).queued_message

    async def stop(self, browser, server="vision-pytorch"):
        path = f"users/{browser.name}/servers/{server}"
        return await browser.call("DELETE", path)

    def pods(self):
        return {name for kind, name in self.core.objects if kind == "pod"}


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
