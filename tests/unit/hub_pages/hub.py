"""The hub with its own handlers and database, without cluster and proxy."""

import re
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import ClassVar

import httpx
from jupyterhub.httpclient import JupyterHubHTTPClient
from jupyterhub.proxy import Proxy
from jupyterhub.spawner import Spawner
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from traitlets import default
from traitlets.config import Config
from unit.mofang_spawner.conftest import a_catalog, environment_body, project_body

from mofang_hub.pages.application import Hub
from mofang_hub.pages.configure import configure_pages
from mofang_hub.pages.confirmed_links import LINKS, ConfirmedLinks
from mofang_kube.ephemeral_storage import EphemeralStorage
from mofang_kube.errors import MofangError
from mofang_kube.names import debug_server_name
from mofang_spawner.culling_state import CullingState
from mofang_spawner.failures import refusal
from mofang_spawner.options import ServerOptions
from mofang_spawner.spawner import MofangSpawner
from mofang_spawner.start_choices import StartChoices
from mofang_spawner.start_history import StartHistory
from mofang_spawner.started_ahead import StartedAheadState

JOB = "train-abc123"
LINK_HOSTS = ("github.com",)
WAIT_MS = 30_000
DEBUG_SERVER = debug_server_name("vision", JOB)
PROJECTS = [
    project_body(members=[{"user": name, "role": "member"} for name in ("ada", "ben")])
]


class FakeProxy(Proxy):
    """Routes that lead nowhere."""

    async def add_route(self, routespec, target, data):
        pass

    async def delete_route(self, routespec):
        pass

    async def get_all_routes(self):
        return {}


class FakeSpawner(CullingState, StartedAheadState, Spawner):
    """Starts nothing: writes down what was asked for, then fails as it is told."""

    options_from_query = MofangSpawner.options_from_query
    catalog = a_catalog(PROJECTS, [environment_body(), environment_body("xgboost")])
    homes: ClassVar = {}
    """User's name → status of their Home."""
    starts: ClassVar = []
    resizes: ClassVar = []
    failure = None
    now: ClassVar = {}
    """Name of a server → what it is doing, None for one that runs."""

    def context(self):
        async def ready():
            pass

        homes = SimpleNamespace(status=lambda name: self.homes.get(name, {}))
        return SimpleNamespace(
            find_pod=lambda namespace, name: self.pods.get(f"{namespace}/{name}"),
            objects=self.resizer,
            ready=ready,
            find_node=lambda name: None,
            catalog=self.catalog,
            homes=homes,
            ephemeral_storage=EphemeralStorage(),
            free_capacity=lambda *, with_unused=False: self.free,
            starts=self.history,
            choices=self.choices,
            limit_per_user=self.limit,
            waits_for_unused=lambda: self.is_needed,
        )

    async def resize(self, sizes, *, used_bytes=0):
        self.resizes.append((self.user.name, self.name, dict(sizes), used_bytes))
        if self.failure is not None:
            raise self.failure
        self.user_options = {**self.orm_spawner.user_options, **sizes}
        self.orm_spawner.user_options = self.user_options

    namespace, pod_name = "mofang-project-vision", "jupyter-ada--vision-pytorch"
    pods: ClassVar = {}
    """Namespace and name → pod, as the watch has it."""
    resizer = None
    """Stands for ``ObjectStorage``, as far as pods are resized."""
    queued_message = lost_node = node = ""
    restart_failure = free = None
    history = StartHistory()
    choices = StartChoices()
    limit = 0
    is_needed = False
    """Whether a pod waits for the room of a server that nobody uses."""

    @property
    def pending(self):
        return self.now[self.name] if self._is_set() else super().pending

    @property
    def ready(self):
        return self.now[self.name] is None if self._is_set() else super().ready

    @default("options_from_form")
    def _options_from_form_default(self):
        return lambda form: ServerOptions.parse_form(
            {name: values for name, values in form.items() if name != "_xsrf"}
        ).as_given()

    @default("apply_user_options")
    def _apply_user_options_default(self):
        return lambda spawner, options: None

    def _is_set(self):
        return self.name in self.now

    async def start(self):
        self.starts.append((self.user.name, self.name, dict(self.user_options)))
        if isinstance(self.failure, MofangError):
            raise refusal(self.failure)
        if self.failure is not None:
            raise self.failure
        raise AssertionError("not reached by these tests")

    async def stop(self, now=False):
        self.now.pop(self.name, None)

    async def poll(self):
        return None if self._is_set() else 0


class Browser:
    """What a person's browser does, links and forms alike."""

    def __init__(self, hub, url, name):
        self.hub, self.name = hub, name
        self.http = httpx.AsyncClient(base_url=url, trust_env=False)

    async def log_in(self):
        await self.http.get("/hub/login")
        answer = await self.http.post(
            "/hub/login",
            data={"username": self.name, "password": "x", "_xsrf": self.xsrf},
        )
        assert answer.status_code == 302, answer.text

    @property
    def xsrf(self):
        return next(
            each.value for each in self.http.cookies.jar if each.name == "_xsrf"
        )

    async def open(self, path, **headers):
        return await self.http.get(path, headers=headers)

    async def send(self, path, **form):
        return await self.http.post(path, data={**form, "_xsrf": self.xsrf})

    async def call(self, verb, path, **options):
        """Ask JupyterHub's REST API, as the pages' scripts do."""
        headers = {"X-XSRFToken": self.xsrf}
        body = {"json": options} if options else {}
        return await self.http.request(
            verb, f"/hub/api/{path}", headers=headers, **body
        )

    def known_servers(self):
        """Names in the hub's database, phantoms included."""
        user = self.hub.users[self.name]
        return {name for name in user.orm_spawners if name}


@asynccontextmanager
async def running_hub(folder, change=lambda c: None):
    """A hub that answers; yields how one logs in to it.

    Args:
        folder: Where its database is.
        change: Changes its configuration.
    """
    c = Config()
    configure_pages(c)
    # It is bundled with the front end.
    c.JupyterHub.template_vars["mofang_jobs"] = ""
    form = c.MofangSpawner.gallery
    c.JupyterHub.db_url = f"sqlite:///{folder / 'hub.sqlite'}"
    c.JupyterHub.cookie_secret_file = str(folder / "cookie_secret")
    c.JupyterHub.cookie_secret = b"x" * 32
    c.JupyterHub.authenticator_class = "dummy"
    c.JupyterHub.proxy_class = FakeProxy
    c.JupyterHub.allow_named_servers = True
    c.JupyterHub.tornado_settings = {"mofang_link_hosts": LINK_HOSTS}
    c.JupyterHub.log_level = 40
    c.Authenticator.allow_all = True
    c.Spawner.consecutive_failure_limit = 0

    class OwnSpawner(FakeSpawner):
        starts: ClassVar = []
        resizes: ClassVar = []
        now: ClassVar = {}
        history = StartHistory()

    c.JupyterHub.spawner_class = OwnSpawner
    c.OwnSpawner.options_form = form
    change(c)
    hub = Hub(config=c)
    await hub.initialize([])
    hub.tornado_settings["slow_spawn_timeout"] = 5
    sockets = bind_sockets(0, "127.0.0.1")
    server = HTTPServer(hub.tornado_application)
    server.add_sockets(sockets)
    browsers = []

    async def visit(name="ada"):
        url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
        browser = Browser(hub, url, name)
        browsers.append(browser)
        await browser.log_in()
        return browser

    def forget():
        """Forget all servers."""
        for noted in (OwnSpawner.starts, OwnSpawner.resizes, OwnSpawner.now):
            noted.clear()
        OwnSpawner.failure = None
        hub.tornado_application.settings[LINKS] = ConfirmedLinks(LINK_HOSTS)
        for user in hub.users.values():
            for name, row in list(user.orm_spawners.items()):
                if name:
                    user.spawners.pop(name, None)
                    hub.db.delete(row)
            hub.db.commit()

    try:
        yield SimpleNamespace(visit=visit, spawner=OwnSpawner, hub=hub, forget=forget)
    finally:
        for browser in browsers:
            await browser.http.aclose()
        server.stop()
        # By which it asks whether servers answer.
        await JupyterHubHTTPClient.loop_instance().close()
        hub.db.close()
        Hub.clear_instance()


def values(page):
    """The fields of the only card of a page that has one."""
    card = page.text.partition('<form class="mofang-card"')[2].partition("</form>")[0]
    return dict(re.findall(r'<input [^>]*?name="(\w+)" value="([^"]*)"', card))
