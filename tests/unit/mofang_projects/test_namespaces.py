"""Making and removing namespaces, against objects kept in memory."""

import stat
from datetime import UTC, datetime

import pytest

from mofang_projects.directories import Directories
from mofang_projects.models import Project
from mofang_projects.namespaces import (
    ForeignNamespaceError,
    Phase,
    ProjectNamespaces,
    ProjectState,
    failed_state,
)
from mofang_projects.settings import NamespaceSettings
from mofang_projects.usage import UsageReader
from support.refusals import refusal

NAMESPACE = "mofang-project-vision"


class Objects:
    """Objects by kind and name, and what was done to them."""

    def __init__(self) -> None:
        self.kept = {}
        self.merged = []

    @staticmethod
    def _key(manifest):
        return manifest["kind"], manifest["metadata"]["name"]

    def put(self, kind, name, **content):
        metadata = {"name": name, "namespace": NAMESPACE} | content.pop("metadata", {})
        self.kept[kind, name] = {"kind": kind, "metadata": metadata, **content}

    async def apply(self, manifest):
        status = self.kept.get(self._key(manifest), {}).get("status", {})
        self.kept[self._key(manifest)] = manifest | {"status": status}
        return self.kept[self._key(manifest)]

    async def merge(self, manifest, change):
        self.merged.append((self._key(manifest), change))

    async def find(self, manifest):
        return self.kept.get(self._key(manifest))

    async def delete(self, manifest):
        self.kept.pop(self._key(manifest), None)

    async def list_objects(self, _version, kind, **_):
        return [each for (k, _name), each in self.kept.items() if k == kind]

    async def list_resources(self, version):
        return {"kubeflow.org/v1": {"pytorchjobs", "mpijobs"}}.get(version, set())

    def names(self, kind):
        return {name for k, name in self.kept if k == kind}


@pytest.fixture
def objects():
    return Objects()


@pytest.fixture
def root(tmp_path):
    (tmp_path / "projects").mkdir()
    return tmp_path


@pytest.fixture
def namespaces(objects, root):
    settings = NamespaceSettings(
        platform_namespace="mofang",
        gateway_namespace="istio-system",
        gateway_labels={"istio": "ingressgateway"},
        storage={"persistentVolume": {"hostPath": {"path": "/x/$(category)"}}},
        storage_root=root,
    )
    directories = Directories.at(root, settings.storage)
    return ProjectNamespaces(
        objects,
        settings,
        directories=directories,
        usage=UsageReader(directories.storage, 60),
    )


@pytest.fixture
def project():
    body = {"metadata": {"name": "vision"}, "spec": {"displayName": "Vision"}}
    return Project.parse(body)


async def test_a_project_gets_its_namespace_and_its_directory(
    namespaces, objects, project, root
):
    state = await namespaces.reconcile(project)

    assert state.phase is Phase.READY
    assert objects.names("Namespace") == {NAMESPACE}
    assert (root / "projects" / "vision").is_dir()
    for name in ("users", "logs", "logs/vision"):
        assert stat.S_IMODE((root / name).stat().st_mode) == 0o711
    assert stat.S_IMODE((root / "audit").stat().st_mode) == 0o700
    # Beside jobs' logs, nothing of the platform's is where members write.
    assert list((root / "projects" / "vision").iterdir()) == []


async def test_doing_it_twice_changes_nothing(namespaces, objects, project):
    await namespaces.reconcile(project)
    before = dict(objects.kept)
    await namespaces.reconcile(project)
    assert objects.kept == before


async def test_policies_that_settings_dropped_are_removed(namespaces, objects, project):
    objects.put("NetworkPolicy", "all-pods-to-the-moon")
    await namespaces.reconcile(project)
    assert "all-pods-to-the-moon" not in objects.names("NetworkPolicy")
    assert "deny-all" in objects.names("NetworkPolicy")


async def test_a_volume_left_by_a_lost_namespace_is_claimed_again(
    namespaces, objects, project
):
    objects.put("PersistentVolume", "mofang-vision-users", status={"phase": "Released"})
    await namespaces.reconcile(project)
    change = {"spec": {"claimRef": {"uid": None, "resourceVersion": None}}}
    assert objects.merged == [(("PersistentVolume", "mofang-vision-users"), change)]


async def test_somebody_elses_namespace_is_not_touched(namespaces, objects, project):
    objects.put("Namespace", NAMESPACE, metadata={"labels": {"team": "other"}})

    with pytest.raises(ForeignNamespaceError, match="does not belong"):
        await namespaces.reconcile(project)
    assert await namespaces.remove("vision") is None

    assert objects.names("Namespace") == {NAMESPACE}
    assert not objects.names("ResourceQuota")


async def test_a_namespace_on_its_way_out_is_waited_for(namespaces, objects, project):
    labels = {"mofang.dev/project": "vision"}
    metadata = {"labels": labels, "deletionTimestamp": "2026-01-01T00:00:00Z"}
    objects.put("Namespace", NAMESPACE, metadata=metadata)
    assert (await namespaces.reconcile(project)).phase is Phase.PENDING


async def test_removal_waits_for_what_runs(namespaces, objects, project):
    await namespaces.reconcile(project)
    objects.put("Pod", "notebook", status={"phase": "Running"})
    objects.put("TFJob", "waits")

    assert "1 server and 1 job run" in await namespaces.remove("vision")

    objects.put("Pod", "notebook", status={"phase": "Succeeded"})
    ended = {"conditions": [{"type": "Succeeded", "status": "True"}]}
    objects.put("TFJob", "waits", status=ended)

    assert "being removed" in await namespaces.remove("vision")


async def test_removal_ends_with_the_volumes_and_leaves_files(
    namespaces, objects, project, root
):
    await namespaces.reconcile(project)
    (root / "projects" / "vision" / "kept.txt").write_text("still here")

    assert "being removed" in await namespaces.remove("vision")
    assert await namespaces.remove("vision") is None

    assert not objects.names("PersistentVolume")
    assert (root / "projects" / "vision" / "kept.txt").exists()


def test_a_condition_keeps_the_time_it_changed():
    state = ProjectState(phase=Phase.READY, message="Fine.", namespace=NAMESPACE)
    first = state.as_status(
        generation=1, before={}, now=datetime(2026, 1, 1, tzinfo=UTC)
    )
    again = state.as_status(
        generation=1, before=first, now=datetime(2026, 1, 2, tzinfo=UTC)
    )
    assert again == first

    failed = ProjectState(phase=Phase.FAILED, message="Not.", namespace=NAMESPACE)
    after = failed.as_status(
        generation=1, before=first, now=datetime(2026, 1, 3, tzinfo=UTC)
    )
    assert after["conditions"][0]["lastTransitionTime"] == "2026-01-03T00:00:00Z"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ForeignNamespaceError("x"), "NamespaceTaken"),
        (refusal(422), "RefusedByKubernetes"),
        (refusal(503), "NoAnswer"),
        (PermissionError("x"), "DirectoryNotMade"),
    ],
)
def test_each_failure_has_a_reason_for_programs(error, reason):
    assert failed_state(error, "vision").reason == reason
