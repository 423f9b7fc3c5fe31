"""The operator's liveness tells of a watch that does not come back."""

import kopf
import pytest

from mofang_kube.errors import KubernetesUnavailableError
from mofang_projects.reconciler import ProjectReconciler, _configure
from mofang_projects.settings import NamespaceSettings
from mofang_projects.watch_probe import (
    BEHIND_SECONDS,
    CHECK_SECONDS,
    WatchBehindError,
    WatchProbe,
)
from support.clock import FakeClock


def project(name, version):
    return {"metadata": {"name": name, "resourceVersion": str(version)}}


class Cluster:
    def __init__(self):
        self.projects = []
        self.lists = 0
        self.failure = None

    async def list_projects(self):
        self.lists += 1
        if self.failure:
            raise self.failure
        return self.projects


@pytest.fixture
def cluster():
    return Cluster()


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def probe(cluster, clock):
    return WatchProbe(cluster.list_projects, clock=clock)


async def test_a_change_without_an_event_is_told_after_a_while(probe, cluster, clock):
    probe.observe(project("vision", 4))
    cluster.projects = [project("vision", 7)]
    await probe.check()
    clock.advance(BEHIND_SECONDS - 1)
    await probe.check()
    clock.advance(1)

    with pytest.raises(WatchBehindError, match="changes of vision"):
        await probe.check()


async def test_a_project_that_no_event_ever_told_of(probe, cluster, clock):
    cluster.projects = [project("new", 3)]
    await probe.check()
    clock.advance(BEHIND_SECONDS)

    with pytest.raises(WatchBehindError):
        await probe.check()


@pytest.mark.parametrize(
    "event",
    [
        pytest.param((project("vision", 7), False), id="of that version"),
        pytest.param((project("vision", 9), False), id="of a later version"),
        pytest.param((project("vision", 9), True), id="of its end"),
    ],
)
async def test_an_event_that_comes_late_is_in_time(probe, cluster, clock, event):
    probe.observe(project("vision", 4))
    cluster.projects = [project("vision", 7)]
    await probe.check()
    found, is_gone = event
    cluster.projects = [] if is_gone else [found]
    clock.advance(BEHIND_SECONDS / 2)
    probe.observe(found, is_gone=is_gone)
    clock.advance(BEHIND_SECONDS)

    await probe.check()


async def test_who_changes_all_the_time_is_not_behind(probe, cluster, clock):
    for version in range(1, 20):
        cluster.projects = [project("vision", version)]
        probe.observe(project("vision", version - 1))
        await probe.check()
        clock.advance(CHECK_SECONDS)


async def test_an_api_server_that_is_away_is_no_reason_to_start_anew(
    probe, cluster, clock
):
    cluster.failure = KubernetesUnavailableError("away")
    for _ in range(10):
        await probe.check()
        clock.advance(BEHIND_SECONDS)


async def test_the_kubelet_may_ask_often(probe, cluster, clock):
    for _ in range(60):
        await probe.check()
        clock.advance(1)

    assert cluster.lists == 1


async def test_the_operator_reports_it_at_once():
    settings = NamespaceSettings.model_validate(
        {
            "platformNamespace": "mofang",
            "gatewayNamespace": "istio-system",
            "gatewayLabels": {"istio": "ingressgateway"},
            "storage": {"persistentVolume": {"hostPath": {"path": "/srv"}}},
        }
    )
    clock, cluster = FakeClock(), Cluster()
    reconciler = ProjectReconciler(settings)
    reconciler._watch = WatchProbe(cluster.list_projects, clock=clock)
    await reconciler._observe(event={"type": None, "object": project("vision", 1)})
    cluster.projects = [project("vision", 1)]
    assert await reconciler._probe() == "follows"

    cluster.projects = [project("vision", 2)]
    clock.advance(CHECK_SECONDS)
    await reconciler._probe()
    clock.advance(BEHIND_SECONDS)
    with pytest.raises(kopf.PermanentError):
        await reconciler._probe()


def test_failing_watches_are_no_hot_loop():
    settings = kopf.OperatorSettings()

    _configure(settings)

    assert settings.watching.reconnect_backoff >= 1
    assert settings.networking.enforce_retry_after
