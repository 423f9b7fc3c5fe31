"""A real hub and the reports of servers: idle ones are stopped, and say why."""

import logging
import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import pytest_asyncio
from prometheus_client import REGISTRY
from unit.hub_pages.hub import running_hub

from mofang_hub.auth.scopes import CUSTOM_SCOPES, load_roles, server_token_scopes
from mofang_hub.culling.culler import Culler
from mofang_hub.culling.policy import CullingSettings
from mofang_hub.culling.records import CullingExtension
from mofang_hub.pages.activity import CULLER, NOTICES
from mofang_hub.pages.server_use import OBSERVER
from mofang_kube.errors import QuotaError
from mofang_training.activity.hub import ActivityClient
from mofang_training.activity.reporter import ActivityReporter
from mofang_training.activity.samples import ActivitySample
from mofang_training.hub_request import HubRefusalError
from support.clock import FakeClock
from support.eventually import until

SERVER = "vision-pytorch"
HOUR = 3600.0
OPTIONS = {"project": "vision", "environment": "pytorch", "gpu": 2}

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory):
    def change(c):
        c.JupyterHub.custom_scopes = CUSTOM_SCOPES
        c.JupyterHub.load_roles = load_roles()
        c.JupyterHub.services = [{"name": "training", "api_token": "x" * 32}]

    async with running_hub(tmp_path_factory.mktemp("hub"), change) as hub:
        yield hub


class Scene:
    """A server of ada's that runs, and its reports."""

    def __init__(self, hub, browser):
        self.hub = hub.hub
        self.browser = browser
        self.user = self.hub.users["ada"]
        self.stops = []
        hub.spawner.now[SERVER] = None
        spawner = self.user.get_or_create_spawner(SERVER, SERVER)
        spawner.orm_spawner.user_options = OPTIONS
        spawner.user_options = OPTIONS
        self.spawner = spawner
        self.configure(enabled=True, idleMinutes=60, maxExtensionHours=8)

    def configure(self, *, clock=None, now=None, **settings):
        culler = Culler(
            CullingSettings.model_validate(settings),
            steady=clock or FakeClock(),
            now=now or (lambda: datetime.now(UTC)),
        )
        self.hub.tornado_application.settings[CULLER] = culler

    async def report(self, idle, noticed=None, notebooks=()):
        answer = await self.browser.call(
            "POST",
            f"mofang/users/ada/servers/{SERVER}/activity",
            idle_seconds=idle,
            noticed_seconds=noticed,
            notebooks=list(notebooks),
        )
        assert answer.status_code == 200, answer.text
        return SimpleNamespace(**answer.json())

    async def extend(self, **body):
        path = f"mofang/users/ada/servers/{SERVER}/extension"
        return await self.browser.call("POST", path, **body)

    @property
    def runs(self):
        return SERVER in self.user.spawners

    async def until_stopped(self):
        await until(lambda: not self.runs)


@pytest_asyncio.fixture(loop_scope="module")
async def scene(running):
    browser = await running.visit("ada")
    yield Scene(running, browser)
    running.forget()


async def test_a_server_at_work_runs_on(scene):
    answer = await scene.report(idle=0, noticed=10 * HOUR)

    assert answer.action == "keep"
    assert answer.stop_in_seconds is None
    assert scene.runs


async def test_what_a_server_uses_is_kept_and_known(scene):
    gib = 1024**3
    use = {
        "seconds": 300,
        "cpu_seconds": 60,
        "memory_bytes": gib,
        "memory_mean_bytes": gib,
        "memory_peak_bytes": 9 * gib,
    }
    choice = {"project": "vision", "environment": "pytorch"}
    scene.spawner.orm_spawner.user_options = choice
    path = f"mofang/users/ada/servers/{SERVER}/activity"
    answer = await scene.browser.call("POST", path, idle_seconds=0, use=use)

    assert answer.status_code == 200
    observer = scene.hub.tornado_settings[OBSERVER]
    assert observer.current_use("ada", SERVER).memory_bytes == gib
    (found,) = observer.used(0, 10**6)
    assert (found.project, found.owner, found.environment) == (
        "vision",
        "ada",
        "pytorch",
    )
    # A server without a choice of its own has the environment's 2 GiB.
    assert found.memory_reserved_byte_seconds == 300 * 2 * gib


async def test_an_idle_server_is_notified_first(scene):
    answer = await scene.report(idle=HOUR)

    assert answer.action == "notify"
    assert answer.stop_in_seconds == 15 * 60
    assert answer.extendable_seconds == 7 * HOUR
    assert scene.runs


async def test_a_noticed_server_is_stopped_and_says_so_on_the_next_visit(scene):
    before = REGISTRY.get_sample_value(
        "mofang_servers_culled_total", {"dry_run": "false"}
    )
    notebooks = ["work/<b>train</b>.ipynb", "eval.ipynb"]

    answer = await scene.report(idle=1.25 * HOUR, noticed=15 * 60, notebooks=notebooks)
    await scene.until_stopped()

    assert answer.action == "stop"
    page = (await scene.browser.open("/hub/spawn")).text
    (note,) = re.findall(r"<p class=\"mofang-unavailable\">(Stopped on.*?)</p>", page)
    assert "because nothing had happened in it for 1 h 15 min" in note
    assert "work/&lt;b&gt;train&lt;/b&gt;.ipynb, eval.ipynb" in note
    assert datetime.now(UTC).strftime("%Y") in note
    after = REGISTRY.get_sample_value(
        "mofang_servers_culled_total", {"dry_run": "false"}
    )
    assert after == before + 1


async def test_the_page_of_a_server_that_was_stopped_says_so(scene):
    await scene.report(idle=1.25 * HOUR, noticed=15 * 60, notebooks=["a.ipynb"])
    await scene.until_stopped()

    page = await scene.browser.open(f"/hub/user/ada/{SERVER}/lab", accept="text/html")

    assert "Your kernels were: a.ipynb." in page.text


async def test_a_hub_that_is_started_anew_stops_nothing_on_what_it_does_not_know(scene):
    """Only a fresh report stops a server, and it says how long people were notified."""
    scene.configure(enabled=True, idleMinutes=60)

    answer = await scene.report(idle=20 * HOUR)

    assert answer.action == "notify"
    assert scene.runs


async def test_one_click_keeps_a_server_for_two_hours_and_the_reason_is_kept(scene):
    await scene.report(idle=HOUR, noticed=0)

    answer = await scene.extend(reason="The <i>demo</i> is at three")

    assert answer.status_code == 200
    assert answer.json()["action"] == "keep"
    assert answer.json()["extended_seconds"] == pytest.approx(2 * HOUR, abs=60)
    assert (await scene.report(idle=1.5 * HOUR, noticed=900)).action == "keep"
    stored = scene.spawner.orm_spawner.state["culling"]["extension"]
    assert stored["reason"] == "The <i>demo</i> is at three"
    assert stored["by"] == "ada"


async def test_an_extension_outlives_the_hub(scene):
    await scene.report(idle=HOUR, noticed=0)
    await scene.extend(hours=5)
    state = dict(scene.spawner.orm_spawner.state)
    scene.spawner.culling = {}

    scene.spawner.load_state(state)
    scene.configure(enabled=True, idleMinutes=60, maxExtensionHours=8)

    assert (await scene.report(idle=2 * HOUR, noticed=900)).action == "keep"


@pytest.mark.parametrize(
    ("idle", "hours", "said"),
    [
        pytest.param(HOUR, 7.5, "at most|for 7 h at the longest", id="too long"),
        pytest.param(9 * HOUR, None, "cannot be kept any longer", id="no more"),
    ],
)
async def test_nobody_keeps_a_server_beyond_the_administrators_bound(
    scene, idle, hours, said
):
    await scene.report(idle=idle, noticed=0)

    answer = await scene.extend(hours=hours)

    assert answer.status_code == 409
    assert re.search(said, answer.json()["message"])
    assert not scene.spawner.culling


async def test_a_clock_that_is_set_back_prolongs_no_extension(scene):
    """By the hub's clock a year of the extension is left."""
    until_next_year = datetime.now(UTC) + timedelta(days=365)
    extension = CullingExtension(until=until_next_year, by="ada")
    scene.spawner.culling = {"extension": extension.stored()}

    kept = await scene.report(idle=2 * HOUR, noticed=900)
    stopped = await scene.report(idle=8 * HOUR, noticed=900)

    assert (kept.action, stopped.action) == ("keep", "stop")
    await scene.until_stopped()


async def test_a_dry_run_stops_nobody_and_counts_what_it_would_free(scene):
    def reclaimable():
        return REGISTRY.get_sample_value(
            "mofang_culling_dry_run_seconds_total", {"resource": "gpu"}
        )

    clock = FakeClock()
    scene.configure(clock=clock, enabled=True, dryRun=True, idleMinutes=60)
    before = reclaimable()

    early = await scene.report(idle=1.1 * HOUR)
    first = await scene.report(idle=1.25 * HOUR)
    clock.advance(300)
    await scene.report(idle=1.25 * HOUR + 300)
    clock.advance(300)
    await scene.report(idle=0)
    clock.advance(300)
    await scene.report(idle=1.25 * HOUR)

    assert {early.action, first.action} == {"keep"}
    assert first.stop_in_seconds is None
    assert reclaimable() == before + 2 * 300
    assert scene.runs


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"idle_seconds": -1},
        {"idle_seconds": "soon"},
        {"idle_seconds": 1, "more": 2},
        {"idle_seconds": 1, "notebooks": ["x" * 201]},
        {"idle_seconds": 1, "notebooks": ["x"] * 21},
    ],
)
async def test_what_is_no_report_is_refused(scene, body):
    path = f"mofang/users/ada/servers/{SERVER}/activity"

    answer = await scene.browser.http.post(
        f"/hub/api/{path}", json=body, headers={"X-XSRFToken": scene.browser.xsrf}
    )

    assert answer.status_code == 400
    assert "The body cannot be used." in answer.json()["message"]


async def test_a_server_that_does_not_run_has_no_activity(scene):
    answer = await scene.browser.call(
        "POST", "mofang/users/ada/servers/other/activity", idle_seconds=1
    )

    assert answer.status_code == 404


async def test_nobody_reports_for_others(scene, running):
    ben = await running.visit("ben")

    answer = await ben.call(
        "POST", f"mofang/users/ada/servers/{SERVER}/activity", idle_seconds=10**6
    )

    assert answer.status_code in {403, 404}
    assert scene.runs


# -- with the part that runs in servers


class Sampler:
    """Measures what a test says, by its clock."""

    def __init__(self, clock):
        self.clock = clock
        self.busy = ()

    async def take(self):
        return ActivitySample(at=self.clock(), busy_kernels=self.busy)

    async def open_notebooks(self):
        return ["train.ipynb"]


class Server:
    """What runs in the server, with the server's own token; time is the test's."""

    def __init__(self, scene):
        self.scene = scene
        self.clock = FakeClock(0.0)
        self.began = datetime.now(UTC)
        self.sampler = Sampler(self.clock)
        token = scene.user.new_api_token(scopes=["users:activity!user"])
        self.variables = {
            "JUPYTERHUB_API_URL": f"{scene.browser.http.base_url}/hub/api",
            "JUPYTERHUB_API_TOKEN": token,
            "JUPYTERHUB_USER": "ada",
            "JUPYTERHUB_SERVER_NAME": SERVER,
        }
        self.client = ActivityClient.from_environment(self.variables)
        self.reporter = ActivityReporter(
            self.sampler, self.client, logging.getLogger("server"), clock=self.clock
        )
        scene.configure(
            enabled=True,
            idleMinutes=60,
            maxExtensionHours=8,
            now=lambda: self.began + timedelta(seconds=self.clock()),
        )

    async def live(self, seconds):
        """Let time pass, with a sample each half minute, as long as the server runs."""
        end = self.clock() + seconds
        while self.clock() < end and self.scene.runs:
            await self.reporter.check()
            self.clock.advance(30)

    @property
    def stop_in(self):
        return self.reporter.describe()["stop_in_seconds"]


@pytest_asyncio.fixture(loop_scope="module")
async def server(scene):
    assert "users:activity!user" in server_token_scopes()
    return Server(scene)


async def test_a_server_is_notified_and_then_stopped(scene, server):
    await server.live(60 * 60)
    assert server.stop_in is None
    await server.live(10 * 60)
    noticed = server.stop_in
    await server.live(10 * 60)

    assert 5 * 60 <= noticed <= 10 * 60
    assert not scene.runs
    assert 75 * 60 <= server.clock() <= 78 * 60


async def test_work_takes_a_notice_back(scene, server):
    await server.live(70 * 60)
    assert server.stop_in is not None

    server.sampler.busy = ("train.ipynb",)
    await server.live(60)
    server.sampler.busy = ()
    await server.live(60 * 60)

    assert server.stop_in is None
    assert scene.runs


async def test_one_click_takes_a_notice_back_until_ahead_of_its_end(scene, server):
    await server.live(70 * 60)

    await server.reporter.extend(None, "at lunch")

    assert server.stop_in is None
    await server.live(100 * 60)
    assert server.stop_in is None
    await server.live(15 * 60)
    assert server.stop_in is not None
    await server.live(30 * 60)
    assert not scene.runs


async def test_a_server_that_does_not_reach_the_hub_runs_on_and_is_notified_first(
    scene, server
):
    """The hub stops nobody on an old report."""
    await server.live(50 * 60)
    url, server.client.url = server.client.url, "http://127.0.0.1:9/hub/api"
    await server.live(10 * HOUR)
    assert scene.runs
    assert server.stop_in is None

    server.client.url = url
    await server.live(5 * 60)

    assert scene.runs
    assert server.stop_in is not None


async def test_a_refusal_reaches_people_as_the_hub_says_it(scene, server):
    await scene.report(idle=9 * HOUR, noticed=0)

    with pytest.raises(HubRefusalError, match="cannot be kept any longer") as refusal:
        await server.reporter.extend(None, "")
    assert refusal.value.status == 409


@pytest.mark.parametrize(
    "name", ["JUPYTERHUB_API_URL", "JUPYTERHUB_API_TOKEN", "JUPYTERHUB_SERVER_NAME"]
)
async def test_a_server_that_no_hub_has_started_reports_to_none(server, name):
    assert ActivityClient.from_environment(server.variables | {name: ""}) is None


# -- giving back the CPU


class Resizer:
    """Changes the one pod as the API server would, or refuses."""

    def __init__(self, pods):
        self.pods = pods
        self.refusal = None

    async def merge(self, named, change, *, subresource, by_name, verb, noun):
        assert (subresource, by_name, verb, noun) == (
            "resize",
            True,
            "resize",
            "server",
        )
        if self.refusal is not None:
            raise self.refusal
        (container,) = change["spec"]["containers"]
        metadata = named["metadata"]
        key = f"{metadata['namespace']}/{metadata['name']}"
        self.pods[key] = pod_with(container["resources"]["requests"]["cpu"])


def pod_with(cpu):
    requests = {"cpu": cpu, "memory": "2Gi"}
    return {
        "metadata": {},
        "spec": {
            "containers": [
                {"name": "beside", "resources": {"requests": {"cpu": "1"}}},
                {"name": "notebook", "resources": {"requests": requests}},
            ]
        },
    }


class Doze:
    """The server's pod, which may be resized."""

    def __init__(self, scene, cpu="2"):
        kind = type(scene.spawner)
        kind.pods = {}
        kind.resizer = self.resizer = Resizer(kind.pods)
        self.key = f"{scene.spawner.namespace}/{scene.spawner.pod_name}"
        self.pods = kind.pods
        self.pods[self.key] = pod_with(cpu)

    @property
    def cpu(self):
        return self.pods[self.key]["spec"]["containers"][1]["resources"]["requests"][
            "cpu"
        ]


@pytest.fixture
def doze(scene):
    scene.configure(enabled=True, idleMinutes=60, dozeMinutes=30)
    return Doze(scene)


async def test_an_idle_server_gives_back_its_cpu_and_gets_it_again(scene, doze):
    before = await scene.report(idle=0.49 * HOUR)
    assert (before.is_dozing, doze.cpu) == (False, "2")

    idle = await scene.report(idle=0.5 * HOUR)
    assert (idle.is_dozing, doze.cpu) == (True, "10m")
    assert idle.action == "keep"
    assert idle.report_in_seconds <= 60

    again = await scene.report(idle=0)
    assert (again.is_dozing, doze.cpu) == (False, "2")
    assert scene.runs


async def test_a_hub_that_is_started_anew_gives_the_cpu_back(scene, doze):
    await scene.report(idle=0.5 * HOUR)
    scene.configure(enabled=True, idleMinutes=60, dozeMinutes=30)
    kept = scene.spawner.orm_spawner.state
    scene.spawner.culling = {}
    scene.spawner.load_state(kept)

    await scene.report(idle=0)

    assert doze.cpu == "2"


async def test_an_extension_leaves_a_dozing_server_dozing(scene, doze):
    await scene.report(idle=HOUR)
    assert (await scene.extend(hours=1)).status_code == 200
    assert doze.cpu == "10m"

    await scene.report(idle=0)

    assert doze.cpu == "2"


async def test_a_cpu_that_is_another_by_now_is_left_alone(scene, doze):
    """Somebody has resized the server meanwhile."""
    await scene.report(idle=0.5 * HOUR)
    doze.pods[doze.key] = pod_with("4")

    answer = await scene.report(idle=0)

    assert (answer.is_dozing, doze.cpu) == (False, "4")


async def test_a_quota_without_room_is_tried_again(scene, doze):
    await scene.report(idle=0.5 * HOUR)
    doze.resizer.refusal = QuotaError("Could not resize server: exceeded quota")
    assert (await scene.report(idle=0)).is_dozing

    doze.resizer.refusal = None

    assert not (await scene.report(idle=0)).is_dozing
    assert doze.cpu == "2"


async def test_a_server_that_cannot_doze_is_tried_once_while_it_is_idle(scene, doze):
    """Its request is its limit: Kubernetes would change its class of service."""
    doze.resizer.refusal = QuotaError("Pod QoS is immutable")
    assert not (await scene.report(idle=0.5 * HOUR)).is_dozing
    doze.resizer.refusal = None
    assert not (await scene.report(idle=0.6 * HOUR)).is_dozing

    await scene.report(idle=0)

    assert (await scene.report(idle=0.5 * HOUR)).is_dozing


async def test_a_dry_run_counts_what_would_be_given_back(scene):
    clock, name = FakeClock(), "mofang_dozing_cpu_seconds_total"
    scene.configure(enabled=True, dryRun=True, dozeMinutes=30, clock=clock)
    scene.spawner.user_options = {**OPTIONS, "cpu": "1.01"}
    doze = Doze(scene)
    before = REGISTRY.get_sample_value(name, {"dry_run": "true"})
    await scene.report(idle=0.5 * HOUR)
    clock.advance(300)

    answer = await scene.report(idle=0.6 * HOUR)

    assert (answer.is_dozing, doze.cpu) == (False, "2")
    counted = REGISTRY.get_sample_value(name, {"dry_run": "true"}) - before
    assert counted == pytest.approx(300)


@pytest.mark.parametrize(
    "settings", [{"dozeMinutes": 0}, {"enabled": False}, {"dozeMinutes": 120}]
)
async def test_who_is_not_to_doze_does_not(scene, settings):
    scene.configure(**{"enabled": True, "idleMinutes": 180, **settings})
    doze = Doze(scene)

    assert not (await scene.report(idle=HOUR)).is_dozing
    assert doze.cpu == "2"


# -- notices


class KeptNotices:
    """Stands for the delivery of notices."""

    is_wanted = True

    def __init__(self):
        self.kept = []

    def put(self, notice):
        self.kept.append(notice)


@pytest.fixture
def notices(scene):
    settings = scene.hub.tornado_application.settings
    usual, settings[NOTICES] = settings[NOTICES], KeptNotices()
    yield settings[NOTICES].kept
    settings[NOTICES] = usual


async def test_a_notice_is_sent_once_for_each_time_that_it_is_idle(scene, notices):
    await scene.report(idle=HOUR)
    await scene.report(idle=1.01 * HOUR, noticed=60)
    assert len(notices) == 1

    await scene.report(idle=0)
    await scene.report(idle=HOUR)

    assert len(notices) == 2
    first = notices[0]
    assert (first.event, first.owner, first.project) == ("idle", "ada", "vision")
    assert dict(first.subject) == {"server": SERVER}
    assert re.fullmatch(
        rf"{SERVER} will be stopped at \d\d:\d\d UTC: nothing has happened in it for "
        "1 h.",
        first.message,
    )


async def test_a_hub_that_is_started_anew_tells_nobody_twice(scene, notices):
    await scene.report(idle=HOUR)
    kept = scene.spawner.orm_spawner.state
    scene.spawner.culling = {}
    scene.spawner.load_state(kept)

    await scene.report(idle=1.01 * HOUR, noticed=60)

    assert len(notices) == 1


async def test_a_dry_run_tells_nobody(scene, notices):
    scene.configure(enabled=True, dryRun=True)

    await scene.report(idle=2 * HOUR, noticed=HOUR)

    assert notices == []
