"""The second wall: which data sources pods of a project may mount."""

import copy
import json
import shutil

import pytest

from mofang_spawner.data_sources.models import DataSource
from mofang_spawner.data_sources.pod_data import build_pod_data
from support.admission import HUB, RECONCILER, RefusedError, claim, server_pod
from support.eventually import eventually

pytest_plugins = ["cluster.test_admission_policies"]

SOURCES = [
    {"name": "scans", "nfs": {"server": "nas.invalid", "path": "/exports/scans"}},
    {
        "name": "models",
        "readOnly": False,
        "persistentVolumeClaim": {"claimName": "model-store"},
    },
    {"name": "corpora", "cephfs": {"path": "$(project)/corpora"}},
    {"name": "lake", "s3": {"bucket": "lake", "secret": "lake"}},
]


@pytest.fixture(scope="module")
def sources(platform, project):
    """The data sources of the project, once pods may mount them."""
    data = platform.storage / "data" / project
    (data / "corpora").mkdir(parents=True)
    declared = json.loads(json.dumps(SOURCES).replace("$(project)", project))
    change = json.dumps({"spec": {"dataSources": declared}})
    platform.kubectl("patch", "project", project, "--type=merge", "-p", change)
    platform.apply(
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {
                "name": "model-store",
                "namespace": f"mofang-project-{project}",
            },
            "spec": {
                "accessModes": ["ReadWriteMany"],
                "storageClassName": "none",
                "resources": {"requests": {"storage": "1Gi"}},
            },
        }
    )
    # Looked at again at once.
    platform.kubectl("label", "project", project, "looked-at=again")

    def all_ready():
        status = platform.get("project", project)["status"]
        found = {each["key"]: each["ready"] for each in status.get("dataSources", [])}
        return all(found.get(each["name"]) for each in SOURCES)

    eventually(all_ready, within=90, what="the data sources are ready")
    yield {each["name"]: DataSource.model_validate(each) for each in declared}
    shutil.rmtree(data)


READ = {"readOnly": True}


def with_source(sources, name, mount, **changes):
    """A server's pod with one mount of the claim of a source, or of another claim."""
    source = sources.get(name)
    pod = server_pod()
    pod["spec"]["volumes"].append(claim("more", source.claim if source else name))
    below = mount.get("subPath", "")
    if source and source.sub_path and not below.startswith("/"):
        below = f"{source.sub_path}{below and '/'}{below}"
    found = mount | ({"subPath": below.lstrip("/")} if below else {})
    pod["spec"]["containers"][0]["volumeMounts"].append(
        {"name": "more", "mountPath": "/more", **found}
    )
    return pod


@pytest.mark.parametrize(
    ("name", "mount"),
    [
        pytest.param("scans", READ, id="a directory of a server"),
        pytest.param("scans", READ | {"subPath": "a/b"}, id="below it"),
        pytest.param("models", {}, id="one that may be written to"),
        pytest.param("models", READ, id="that one, read-only"),
        pytest.param("corpora", READ, id="a path of the shared file system"),
        pytest.param("corpora", READ | {"subPath": "text"}, id="below that"),
    ],
)
async def test_data_sources_of_the_project_are_mounted(name, mount, attempt, sources):
    await attempt(with_source(sources, name, mount), user=HUB)


@pytest.mark.parametrize(
    ("name", "mount"),
    [
        pytest.param("scans", {}, id="writing to a directory of a server"),
        pytest.param("corpora", {}, id="writing to a shared path"),
        pytest.param("corpora", READ | {"subPath": "/"}, id="the shared root"),
        pytest.param("corpora", READ | {"subPath": "/other"}, id="a shared neighbour"),
        pytest.param("mofang-data", READ, id="all that is shared"),
        pytest.param(
            "mofang-data",
            READ | {"subPathExpr": "corpora"},
            id="a path that is known later",
        ),
        pytest.param("model-store-2", READ, id="a claim with a longer name"),
        pytest.param("other", READ, id="a claim that nobody declared"),
    ],
)
async def test_no_other_claim_is_mounted(name, mount, attempt, sources):
    with pytest.raises(RefusedError, match="no data sources of its project"):
        await attempt(with_source(sources, name, mount), user=HUB)


async def test_a_pod_gets_what_the_platform_renders_of_its_sources(attempt, sources):
    data = build_pod_data(list(sources.values()))
    pod = server_pod()
    pod["metadata"]["annotations"] = dict(data.annotations)
    pod["spec"]["volumes"] += data.volumes
    pod["spec"]["containers"][0]["volumeMounts"] += data.mounts
    await attempt(pod, user=HUB)

    # The keys of a bucket that the project does not declare.
    keys = pod["spec"]["volumes"][-1]["projected"]["sources"][-1]
    keys["secret"]["name"] = "mofang-secret-other"
    with pytest.raises(RefusedError, match="a Secret that is not its own"):
        await attempt(pod, user=HUB)


async def test_the_reconciler_makes_volumes_of_nfs_sources_alone(
    attempt, platform, project, sources
):
    claim_of = sources["scans"].claim
    name = claim_of.replace("mofang-data.", f"mofang-data.{project}.")
    there = platform.get("pv", name)
    kept = {"accessModes", "capacity", "nfs", "storageClassName"}
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": "mofang-data.try"},
        "spec": {
            **{key: each for key, each in there["spec"].items() if key in kept},
            "claimRef": {
                "kind": "PersistentVolumeClaim",
                "namespace": "mofang-project-try",
                "name": claim_of,
            },
        },
    }
    assert volume["spec"]["nfs"]["readOnly"] is True
    await attempt(volume, user=RECONCILER)

    elsewhere = copy.deepcopy(volume)
    del elsewhere["spec"]["nfs"]
    elsewhere["spec"]["hostPath"] = {"path": "/"}
    homes = copy.deepcopy(volume)
    homes["spec"]["claimRef"]["name"] = "mofang-users"
    for each in (elsewhere, homes):
        with pytest.raises(RefusedError, match="nor is it an NFS data source"):
            await attempt(each, user=RECONCILER)


async def test_the_reconciler_removes_no_claim_of_peoples_files(ask, project):
    claims = f"/api/v1/namespaces/mofang-project-{project}/persistentvolumeclaims"
    with pytest.raises(RefusedError, match="those of data sources"):
        await ask("DELETE", f"{claims}/mofang-users", RECONCILER)
