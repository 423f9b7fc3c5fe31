"""Servers with pods that answer, in the hub without a cluster."""

import asyncio
from contextlib import asynccontextmanager
from typing import ClassVar

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler
from unit.hub_pages.hub import FakeSpawner
from unit.mofang_kube.test_free_capacity import node

from mofang_hub.start_ahead.policy import StartAheadSettings
from mofang_kube.free_capacity import FreeCapacity
from mofang_spawner.start_choices import StartChoices
from mofang_spawner.start_history import StartHistory

NAME, OTHER = "vision-pytorch", "vision-xgboost"
OPTIONS = {"project": "vision", "environment": "pytorch"}
SETTINGS = StartAheadSettings(enabled=True, max_servers=2)


class _Answer(RequestHandler):
    def get(self, *_):
        self.finish("{}")


class PodSpawner(FakeSpawner):
    """Has a pod, which answers once ``may_answer`` is set, and fails without it."""

    port = 0
    pods: ClassVar[set[str]] = set()
    removing: ClassVar[asyncio.Event]
    """Not set while pods take their time to go."""
    may_answer: ClassVar[asyncio.Event]
    labelled: ClassVar[list[str]] = []
    removals: ClassVar[list[str]] = []
    """Whose pods somebody wanted gone, each time."""
    starts: ClassVar = []
    now: ClassVar = {}
    history = StartHistory()
    choices = StartChoices()
    free = FreeCapacity([node("cpu-1")], [])

    @property
    def key(self):
        return f"{self.user.name}/{self.name}"

    async def start(self):
        self.starts.append((self.user.name, self.name, dict(self.user_options)))
        if self.failure is not None:
            raise self.failure
        self.pods.add(self.key)
        while not self.may_answer.is_set():
            if self.key not in self.pods:
                raise RuntimeError("The pod was removed.")
            await asyncio.sleep(0.01)
        return f"http://127.0.0.1:{self.port}"

    async def remove_pod(self):
        self.removals.append(self.key)
        await self.removing.wait()
        self.pods.discard(self.key)

    async def stop(self, now=False):
        self.pods.discard(self.key)

    async def poll(self):
        return None if self.key in self.pods else 0

    async def label_used(self):
        self.labelled.append(self.key)


def configure(c):
    c.JupyterHub.spawner_class = PodSpawner
    c.PodSpawner.options_form = c.OwnSpawner.options_form
    c.JupyterHub.active_server_limit = 9
    c.JupyterHub.tornado_settings = {
        "mofang_start_ahead": SETTINGS,
        "slow_spawn_timeout": 0.3,
    }


@asynccontextmanager
async def pods():
    """What answers as all pods do, and nothing that was before."""
    sockets = bind_sockets(0, "127.0.0.1")
    server = HTTPServer(Application([(r"/.*", _Answer)]))
    server.add_sockets(sockets)
    PodSpawner.port = sockets[0].getsockname()[1]
    PodSpawner.removing, PodSpawner.may_answer = asyncio.Event(), asyncio.Event()
    PodSpawner.removing.set()
    PodSpawner.may_answer.set()
    PodSpawner.choices._servers.clear()
    try:
        yield
    finally:
        server.stop()
        await server.close_all_connections()


def want(hub, *servers, name="ada"):
    """Let somebody have started these servers, all of which are stopped now."""
    user = hub.hub.users[name]
    for server in servers or [NAME] * 5:
        user.get_or_create_spawner(server, server)
        environment = server.removeprefix("vision-")
        options = {"project": "vision", "environment": environment}
        user.orm_spawners[server].user_options = options
        user.spawners.pop(server, None)
        PodSpawner.choices.add(name, server)
    hub.hub.db.commit()


async def ahead(browser, card=""):
    """Ask as the gallery does; returns the server that was started."""
    path = f"mofang/users/{browser.name}/start-ahead"
    answer = await browser.call("POST", path, **({"card": card} if card else {}))
    assert answer.status_code == 200, answer.text
    return answer.json()["server"]


def spawner_of(hub, name="ada", server=NAME):
    return hub.hub.users[name].spawners.get(server)
