"""What projects' namespaces get for data sources, and what is said of them."""

import pytest
from unit.mofang_projects.test_builder import of_kind, settings
from unit.mofang_projects.test_namespaces import (  # noqa: F401 - fixtures
    NAMESPACE,
    namespaces,
    objects,
    root,
)

from mofang_projects.builder import build_namespace_objects
from mofang_projects.data_sources import SourceState, all_sources, nfs_fault
from mofang_projects.directories import Directories
from mofang_projects.models import BadProjectError, Project
from mofang_projects.namespaces import Phase
from mofang_projects.settings import NamespaceSettings, StorageSettings
from mofang_spawner.data_sources.models import DataSource, NfsSource

NFS = {"name": "scans", "nfs": {"server": "nas", "path": "/exports/scans"}}
PVC = {"name": "models", "persistentVolumeClaim": {"claimName": "model-store"}}
CEPHFS = {"name": "corpora", "cephfs": {"path": "text/corpora"}}
S3 = {"name": "lake", "s3": {"bucket": "lake", "secret": "lake"}}

SAVED = "mofang-environments/0-everyone,mofang-environments/vision"


def project(*sources, **spec):
    spec = {"displayName": "Vision", "dataSources": list(sources), **spec}
    return Project.parse({"metadata": {"name": "vision"}, "spec": spec})


def environment(name, *sources, **access):
    resources = {"cpu": {"default": "1"}, "memory": {"default": "1Gi"}}
    spec = {"displayName": name, "image": name, "resources": resources}
    spec |= {"access": access, "dataSources": list(sources)}
    return {"metadata": {"name": name}, "spec": spec}


def states(*sources):
    return [SourceState(source=DataSource.model_validate(each)) for each in sources]


def test_the_status_of_two_of_one_name_says_so():
    with pytest.raises(BadProjectError, match="two data sources are called scans"):
        project(NFS, NFS)


def test_a_directory_of_a_server_gets_a_volume_of_its_own():
    built = build_namespace_objects(project(NFS), settings(), (), states(NFS))

    claim = DataSource.model_validate(NFS).claim
    volume = of_kind(built, "PersistentVolume")[claim.replace("data.", "data.vision.")]
    source = volume["spec"]["nfs"]
    assert source == {"server": "nas", "path": "/exports/scans", "readOnly": True}
    assert volume["spec"]["claimRef"]["name"] == claim
    assert "csi" not in volume["spec"]
    # What the platform's file system is mounted with is not of use here.
    assert "mountOptions" not in volume["spec"]
    found = of_kind(built, "PersistentVolumeClaim")[claim]
    assert found["spec"]["volumeName"] == volume["metadata"]["name"]


def test_paths_of_the_shared_file_system_have_one_volume():
    other = {"name": "other", "cephfs": {"path": "text/other"}}
    built = build_namespace_objects(
        project(CEPHFS, other), settings(), (), states(CEPHFS, other)
    )

    volume = of_kind(built, "PersistentVolume")["mofang-data.vision"]
    attributes = volume["spec"]["csi"]["volumeAttributes"]
    assert attributes["rootPath"] == "/volumes/data"
    assert volume["spec"]["mountOptions"] == ["noatime"]
    claims = of_kind(built, "PersistentVolumeClaim")
    assert [each for each in claims if "data" in each] == ["mofang-data"]


def test_nothing_is_made_for_what_is_broken_or_somebody_elses():
    broken = SourceState(source=DataSource.model_validate(NFS), fault="No.")
    built = build_namespace_objects(
        project(), settings(), (), [broken, *states(PVC, S3)]
    )

    assert len(of_kind(built, "PersistentVolume")) == 5


def test_the_namespace_tells_what_pods_may_mount():
    written = PVC | {"readOnly": False}
    built = build_namespace_objects(
        project(), settings(), (), states(NFS, written, CEPHFS, S3)
    )

    notes = built[0]["metadata"]["annotations"]
    scans = DataSource.model_validate(NFS).claim
    assert notes == {
        "mofang.dev/readable-data": (
            f"model-store,{scans},mofang-data/text/corpora,{SAVED}"
        ),
        "mofang.dev/writable-data": "model-store",
        "mofang.dev/data-secrets": "mofang-secret-lake",
    }


def test_a_project_without_sources_may_mount_saved_environments_alone():
    [namespace, *_] = build_namespace_objects(project(), settings())
    assert namespace["metadata"]["annotations"] == {"mofang.dev/readable-data": SAVED}


@pytest.mark.parametrize(
    ("access", "has"),
    [
        pytest.param({"everyone": True}, True, id="everyone's"),
        pytest.param({"projects": ["vision"]}, True, id="of the project"),
        pytest.param({"projects": ["speech"]}, False, id="of another project"),
        pytest.param({"groups": ["team"]}, True, id="of a group"),
    ],
)
def test_sources_of_environments_are_of_projects_that_use_them(access, has):
    found = all_sources(project(NFS), [environment("pytorch", CEPHFS, **access)])

    keys = [each.key for each in found]
    assert keys == ["scans", "pytorch.corpora"] if has else ["scans"]


def test_an_unreadable_environment_stops_no_project():
    bad = environment("bad", {"name": "x"}, everyone=True)
    assert [each.key for each in all_sources(project(NFS), [bad])] == ["scans"]


@pytest.mark.parametrize(
    ("path", "is_ours"),
    [
        pytest.param("/exports/mofang", True, id="the root"),
        pytest.param("/exports/mofang/users", True, id="homes"),
        pytest.param("/exports", True, id="above it"),
        pytest.param("/", True, id="everything"),
        pytest.param("/exports/mofang-data", False, id="a like name"),
        pytest.param("/exports/scans", False, id="beside it"),
    ],
)
def test_the_platforms_own_storage_is_no_source(path, is_ours):
    """Whoever sees it has the homes of all."""
    storage = NamespaceSettings(
        platform_namespace="mofang",
        gateway_namespace="istio-system",
        gateway_labels={},
        storage={
            "persistentVolume": {
                "nfs": {"server": "nas", "path": "/exports/mofang/$(category)"}
            }
        },
    ).storage

    fault = nfs_fault(NfsSource(server="nas", path=path), storage)
    assert ("holds the platform's own storage" in fault) is is_ours
    assert not nfs_fault(NfsSource(server="other", path=path), storage)


async def test_what_can_be_mounted_is_ready_and_the_rest_says_why(
    namespaces,  # noqa: F811
    objects,  # noqa: F811
    root,  # noqa: F811
):
    (root / "data" / "text" / "corpora").mkdir(parents=True)
    lost = {"name": "lost", "cephfs": {"path": "lost"}}

    state = await namespaces.reconcile(project(CEPHFS, lost, PVC, S3))

    status = state.as_status(generation=1, before={})
    assert status["phase"] == "Ready"
    found = {each["key"]: each for each in status["dataSources"]}
    assert [key for key, each in found.items() if each["ready"]] == ["corpora", "lake"]
    assert found["lost"]["message"] == (
        "There is no directory data/lost in the storage: make it."
    )
    assert "no PersistentVolumeClaim model-store" in found["models"]["message"]
    assert "models: There is no" in status["message"]

    objects.put("PersistentVolumeClaim", "model-store")
    state = await namespaces.reconcile(project(PVC))
    assert state.message == "Servers and jobs can be started."


async def test_a_link_is_no_way_to_other_directories(namespaces, root):  # noqa: F811
    (root / "users").mkdir()
    (root / "data").mkdir()
    (root / "data" / "homes").symlink_to(root / "users")

    state = await namespaces.reconcile(
        project({"name": "homes", "cephfs": {"path": "homes"}})
    )
    assert "Links are not followed" in state.message


async def test_what_is_no_longer_declared_goes_and_the_rest_stays(
    namespaces,  # noqa: F811
    objects,  # noqa: F811
):
    objects.put("PersistentVolumeClaim", "model-store")
    objects.put("PersistentVolumeClaim", "mofang-database")
    await namespaces.reconcile(project(NFS, PVC))
    assert DataSource.model_validate(NFS).claim in objects.names(
        "PersistentVolumeClaim"
    )

    await namespaces.reconcile(project(PVC))
    claims = objects.names("PersistentVolumeClaim")
    assert "model-store" in claims
    assert "mofang-database" in claims
    assert "mofang-users" in claims
    assert not [each for each in claims if each.startswith("mofang-data.")]
    assert not [
        each
        for each in objects.names("PersistentVolume")
        if each.startswith("mofang-data.")
    ]


async def test_a_removed_project_leaves_no_volumes(namespaces, objects):  # noqa: F811
    await namespaces.reconcile(project(NFS))
    while await namespaces.remove("vision"):
        pass

    assert not objects.names("PersistentVolume")
    assert NAMESPACE not in objects.names("Namespace")


async def test_a_storage_without_a_directory_of_data_keeps_no_project_waiting(
    namespaces,  # noqa: F811
    root,  # noqa: F811
):
    """One of a version before may be in a root where the reconciler makes nothing."""
    (root / "data").write_text("in the way")
    directories = Directories.at(root, StorageSettings(persistent_volume={}))
    await directories.ensure_top()

    state = await namespaces.reconcile(project(CEPHFS))
    assert state.phase is Phase.READY
    assert "corpora: In data/text/corpora of the storage" in state.message
