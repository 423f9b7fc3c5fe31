"""Image pull secrets reach the namespaces of projects, against objects in memory."""

import pytest
from unit.mofang_projects.test_namespaces import NAMESPACE, Objects

from mofang_kube.errors import MofangError
from mofang_projects.models import Project
from mofang_projects.namespaces import Phase, ProjectNamespaces, failed_state
from mofang_projects.pull_secrets import BadPullSecretError
from mofang_projects.settings import NamespaceSettings
from support.refusals import refusal

PROJECT = Project.parse(
    {"metadata": {"name": "vision"}, "spec": {"displayName": "Vision"}}
)
COPY = "mofang-pull-registry"


class Cluster(Objects):
    """Objects in memory, where some requests are forbidden at first."""

    def __init__(self):
        super().__init__()
        self.forbidden = 0
        self.asked = 0

    async def apply(self, manifest):
        if manifest["kind"] == "Secret":
            self._check()
        return await super().apply(manifest)

    async def delete(self, manifest):
        if manifest["kind"] == "Secret":
            self._check()
        await super().delete(manifest)

    def _check(self):
        self.asked += 1
        if self.asked <= self.forbidden:
            raise refusal(403)


@pytest.fixture
def cluster():
    cluster = Cluster()
    cluster.put(
        "Secret",
        "registry",
        type="kubernetes.io/dockerconfigjson",
        data={".dockerconfigjson": "e30="},
    )
    return cluster


def namespaces(cluster, *pull_secrets):
    settings = NamespaceSettings(
        platform_namespace="mofang",
        gateway_namespace="istio-system",
        gateway_labels={"istio": "ingressgateway"},
        storage={"persistentVolume": {"hostPath": {"path": "/x/$(category)"}}},
        image_pull_secrets=pull_secrets,
    )
    return ProjectNamespaces(cluster, settings, rbac_pauses=(0, 0))


async def test_a_project_gets_a_copy(cluster):
    state = await namespaces(cluster, "registry").reconcile(PROJECT)

    assert state.phase is Phase.READY
    copy = cluster.kept["Secret", COPY]
    assert copy["metadata"]["namespace"] == NAMESPACE
    assert copy["data"] == {".dockerconfigjson": "e30="}
    account = cluster.kept["ServiceAccount", "default"]
    assert account["imagePullSecrets"] == [{"name": COPY}]


async def test_a_changed_source_is_copied_again(cluster):
    await namespaces(cluster, "registry").reconcile(PROJECT)
    cluster.kept["Secret", "registry"]["data"] = {".dockerconfigjson": "bmV3"}
    await namespaces(cluster, "registry").reconcile(PROJECT)

    assert cluster.kept["Secret", COPY]["data"] == {".dockerconfigjson": "bmV3"}


async def test_what_the_settings_dropped_is_removed_and_nothing_else(cluster):
    await namespaces(cluster, "registry").reconcile(PROJECT)
    cluster.put("Secret", "mofang-pull-of-a-user")
    await namespaces(cluster).reconcile(PROJECT)

    assert cluster.names("Secret") == {"registry", "mofang-pull-of-a-user"}
    assert "imagePullSecrets" not in cluster.kept["ServiceAccount", "default"]


async def test_without_the_right_the_last_copy_stays_and_the_project_works(cluster):
    await namespaces(cluster, "registry").reconcile(PROJECT)
    cluster.forbidden = 1000
    state = await namespaces(cluster).reconcile(PROJECT)

    assert state.phase is Phase.READY
    assert COPY in cluster.names("Secret")


async def test_a_right_that_was_just_bound_may_take_a_moment(cluster):
    cluster.forbidden = 2
    state = await namespaces(cluster, "registry").reconcile(PROJECT)

    assert state.phase is Phase.READY
    assert COPY in cluster.names("Secret")


async def test_a_right_that_never_comes_is_told(cluster):
    cluster.forbidden = 1000
    with pytest.raises(MofangError):
        await namespaces(cluster, "registry").reconcile(PROJECT)


async def test_a_missing_secret_is_told_by_its_name(cluster):
    with pytest.raises(BadPullSecretError, match="The Secret mirror of") as caught:
        await namespaces(cluster, "mirror").reconcile(PROJECT)

    state = failed_state(caught.value, "vision")
    assert state.reason == "PullSecretMissing"
    assert "take it out of the chart's values" in state.message
