"""A hub with our spawner and a queue, whose API server is in memory."""

import asyncio
from contextlib import asynccontextmanager
from types import SimpleNamespace

import aiohttp.web
import pytest
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


@asynccontextmanager
async def queue_hub(folder):
    """A hub whose servers are one small program on this machine.

    Args:
        folder: Where its database is.
    """
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
        async with running_hub(folder, change) as hub:
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
