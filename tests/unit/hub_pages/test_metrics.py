"""What Prometheus gets of the hub, asked of the hub's own handlers."""

from types import SimpleNamespace

import httpx
import jupyterhub.metrics
import pytest
import pytest_asyncio
from prometheus_client import REGISTRY, enable_created_metrics
from unit.hub_pages.hub import running_hub
from unit.hub_usage.allocations import an_allocation

from mofang_hub.metrics import USAGE, WATCHES, RequestDurations, bound_series
from mofang_hub.routes.proxy import ROUTE_LIVE_SECONDS
from mofang_hub.usage.intervals import OpenInterval, WorkloadType
from mofang_kube.watcher import Watcher
from support.prometheus_lint import faults, read_scrape

pytestmark = pytest.mark.asyncio(loop_scope="module")

TOKEN = "p" * 48
DURATION = "jupyterhub_request_duration_seconds"


@pytest.fixture(scope="module", autouse=True)
def bounded():
    """The series as in the hub's own process; JupyterHub's again afterwards."""
    before = jupyterhub.metrics.REQUEST_DURATION_SECONDS
    bound_series()
    yield
    if not isinstance(before, RequestDurations):
        jupyterhub.metrics.REQUEST_DURATION_SECONDS.unregister(REGISTRY)
        REGISTRY.register(before)
        jupyterhub.metrics.REQUEST_DURATION_SECONDS = before
    enable_created_metrics()


def monitored(c):
    """What the chart adds for a Prometheus."""
    c.JupyterHub.services = [{"name": "prometheus", "api_token": TOKEN}]
    c.JupyterHub.load_roles = [
        {
            "name": "prometheus",
            "scopes": ["read:metrics"],
            "services": ["prometheus"],
        }
    ]
    c.JupyterHub.authenticate_prometheus = True


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(tmp_path_factory):
    async with running_hub(tmp_path_factory.mktemp("hub"), monitored) as hub:
        yield hub


@pytest_asyncio.fixture(loop_scope="module")
async def ada(hub):
    return await hub.visit("ada")


async def scrape(ada):
    """A scrape with the token of the chart's ServiceMonitor."""
    async with httpx.AsyncClient(base_url=ada.http.base_url, trust_env=False) as http:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answer = await http.get("/hub/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text


def size_of_hub(scrape):
    """Return the characters of the hub's own series.

    Jupyter Server's, of tests before in this process, are in the same registry.
    """
    lines = scrape.splitlines(keepends=True)
    return sum(len(each) for each in lines if "http_request_duration" not in each)


@pytest.mark.parametrize("path", ["/hub/metrics", "/hub/api/metrics"])
async def test_nobody_reads_them_without_a_token(ada, path):
    """The gateway leads everybody there."""
    async with httpx.AsyncClient(base_url=ada.http.base_url, trust_env=False) as http:
        answer = await http.get(path)

    assert answer.status_code == 403
    assert "jupyterhub_" not in answer.text


async def test_a_person_who_is_logged_in_does_not_read_them(ada):
    assert (await ada.open("/hub/metrics")).status_code == 403


async def test_prometheus_reads_them_with_its_token(ada):
    assert "jupyterhub_total_users" in await scrape(ada)


async def test_our_own_are_as_prometheus_wants_them(ada):
    ROUTE_LIVE_SECONDS.observe(0.03)
    pods = Watcher(None, "/api/v1/pods")
    pods.last_event = 1.0
    WATCHES.follow(lambda: [pods])
    job = an_allocation("b", workload_type=WorkloadType.JOB, gpus=2)
    held = [OpenInterval(allocation=each, started=0) for each in (an_allocation(), job)]
    USAGE.follow(SimpleNamespace(held=held, written=2.0))
    try:
        text = await scrape(ada)
    finally:
        WATCHES.follow(list)
        USAGE.follow(None)

    assert 'mofang_reserved_cores{kind="job"} 0.5' in text
    assert 'mofang_reserved_gpus{kind="job"} 2.0' in text
    assert 'mofang_reserved_gpus{kind="server"} 0.0' in text
    families = read_scrape(text)

    assert set(families) == {
        "mofang_route_live_seconds",
        "mofang_server_start_seconds",
        "mofang_servers_culled_total",
        "mofang_culling_dry_run_seconds_total",
        "mofang_dozing_cpu_seconds_total",
        "mofang_servers_started_ahead_total",
        "mofang_servers_started_ahead_ended_total",
        "mofang_reserved_memory_bytes",
        "mofang_reserved_cores",
        "mofang_reserved_gpus",
        "mofang_ledger_written_timestamp_seconds",
        "mofang_watch_last_event_timestamp_seconds",
        "mofang_watch_relists_total",
    }
    assert faults(families) == []


async def test_a_scrape_is_small_and_does_not_grow_with_what_clients_send(ada):
    for path in ("/hub/home", "/hub/token", "/hub/login", "/hub/nowhere"):
        await ada.open(path)
    before = await scrape(ada)
    for number in range(100):
        await ada.http.request(f"BREW{number}", f"/hub/tea/{number}")
    after = await scrape(ada)

    assert "BREW" not in after
    assert "_created" not in after
    assert len(after.splitlines()) <= len(before.splitlines()) + 30
    assert size_of_hub(after) < 60_000


async def test_requests_are_still_counted_by_their_answer(ada):
    await ada.open("/hub/home")
    family = read_scrape(await scrape(ada), "jupyterhub_")[DURATION]

    counted = {
        (each.labels["method"], each.labels["code"])
        for each in family.samples
        if each.name.endswith("_count")
    }
    assert ("GET", "200") in counted
