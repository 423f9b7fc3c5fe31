"""Projects on the running platform: its own reconciler makes their namespaces."""

import contextlib
import shutil
import uuid

import pytest

from mofang_projects.settings import VolumeCategory
from support.eventually import eventually
from support.platform import Platform

ENFORCE = "pod-security.kubernetes.io/enforce"
PAUSE = {
    "name": "main",
    "image": "docker.io/mofang/base:any",
    "resources": {
        "requests": {"cpu": "10m", "memory": "16Mi"},
        "limits": {"memory": "16Mi"},
    },
}
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


@pytest.fixture(scope="module")
def platform():
    return Platform()


@pytest.fixture
def project(platform):
    """Make projects; what is left of them is removed afterwards."""
    made = []

    def make(**spec) -> str:
        name = f"t{uuid.uuid4().hex[:8]}"
        platform.apply(
            {
                "apiVersion": "mofang.dev/v1alpha1",
                "kind": "Project",
                "metadata": {"name": name},
                "spec": {"displayName": "A test"} | spec,
            }
        )
        made.append(name)
        return name

    yield make
    for name in made:
        namespace = f"mofang-project-{name}"
        with contextlib.suppress(RuntimeError):
            platform.kubectl("-n", namespace, "delete", "pods", "--all", "--force")
        platform.kubectl(
            "delete", "project", name, "--ignore-not-found", "--wait=false"
        )
        shutil.rmtree(platform.storage / "projects" / name, ignore_errors=True)


@pytest.fixture
def phase(platform):
    def wait(name: str, wanted: str) -> dict:
        def in_state():
            status = platform.get("project", name).get("status", {})
            return status if status.get("phase") == wanted else None

        return eventually(in_state, within=60, what=f"project {name} is {wanted}")

    return wait


def pod(name: str, **changes) -> dict:
    container = PAUSE | {"securityContext": RESTRICTED} | changes
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"containers": [container]},
    }


def create(platform, namespace: str, manifest: dict) -> None:
    manifest["metadata"]["namespace"] = namespace
    platform.apply(manifest)


def test_a_project_becomes_a_namespace_with_its_claims(platform, project, phase):
    name = project(quota={"cpu": "4", "memory": "8Gi", "gpu": 1, "pods": 5})

    status = phase(name, "Ready")

    namespace = status["namespace"]
    assert namespace == f"mofang-project-{name}"
    assert status["conditions"][0]["status"] == "True"

    def bound():
        claims = platform.get("pvc", "-n", namespace)["items"]
        return sorted(
            each["metadata"]["name"]
            for each in claims
            if each["status"]["phase"] == "Bound"
        ) == [
            *("mofang-environments", "mofang-global", "mofang-logs"),
            *("mofang-project", "mofang-users"),
        ]

    eventually(bound, within=60, what="the claims are bound")
    hard = platform.get("quota", "mofang", "-n", namespace)["spec"]["hard"]
    assert hard["requests.nvidia.com/gpu"] == "1"
    assert (platform.storage / "projects" / name).stat().st_uid == 1000


def test_a_changed_quota_arrives(platform, project, phase):
    name = project(quota={"pods": 5})
    namespace = phase(name, "Ready")["namespace"]

    platform.kubectl(
        "patch",
        "project",
        name,
        "--type=merge",
        '--patch={"spec":{"quota":{"pods":7}}}',
    )

    eventually(
        lambda: (
            platform.get("quota", "mofang", "-n", namespace)["spec"]["hard"]["pods"]
            == "7"
        ),
        within=60,
        what="the quota is the new one",
    )


def test_privileged_pods_are_refused(platform, project, phase):
    """Whoever makes them: the API server itself refuses."""
    namespace = phase(project(), "Ready")["namespace"]

    with pytest.raises(RuntimeError, match="violates PodSecurity"):
        create(platform, namespace, pod("root", securityContext={"privileged": True}))
    host = pod("host")
    host["spec"]["volumes"] = [{"name": "root", "hostPath": {"path": "/"}}]
    with pytest.raises(RuntimeError, match="violates PodSecurity"):
        create(platform, namespace, host)

    create(platform, namespace, pod("fine"))


def test_pods_over_the_quota_are_refused(platform, project, phase):
    namespace = phase(project(quota={"pods": 1}), "Ready")["namespace"]
    create(platform, namespace, pod("first"))

    with pytest.raises(RuntimeError, match="exceeded quota"):
        create(platform, namespace, pod("second"))


def test_what_drifts_is_put_right(platform, project, phase):
    """A policy deleted, a label changed: both come back without anybody."""
    namespace = phase(project(), "Ready")["namespace"]
    platform.kubectl("-n", namespace, "delete", "networkpolicy", "deny-all")
    platform.kubectl(
        "label", "namespace", namespace, f"{ENFORCE}=privileged", "--overwrite"
    )

    def is_right():
        labels = platform.get("namespace", namespace)["metadata"]["labels"]
        policies = platform.get("networkpolicy", "-n", namespace)["items"]
        names = {each["metadata"]["name"] for each in policies}
        return labels[ENFORCE] == "restricted" and "deny-all" in names

    eventually(is_right, within=90, what="policy and label are back")


def test_a_lost_namespace_comes_back_with_its_files(platform, project, phase):
    """The volumes are claimed again, though their first claims are gone."""
    name = project()
    namespace = phase(name, "Ready")["namespace"]
    kept = platform.storage / "projects" / name / "kept.txt"
    kept.write_text("still here")

    platform.kubectl("delete", "namespace", namespace)

    def bound():
        with contextlib.suppress(RuntimeError):
            claims = platform.get("pvc", "-n", namespace)["items"]
            phases = [each["status"]["phase"] for each in claims]
            return phases == ["Bound"] * len(VolumeCategory)
        return False

    eventually(bound, within=60, what="the claims are bound again")
    assert kept.read_text() == "still here"


def test_a_project_is_not_removed_while_something_runs(platform, project, phase):
    """Deleting is held with the reason; files outlive the namespace."""
    name = project()
    namespace = phase(name, "Ready")["namespace"]
    kept = platform.storage / "projects" / name / "kept.txt"
    kept.write_text("still here")
    create(platform, namespace, pod("notebook"))

    platform.kubectl("delete", "project", name, "--wait=false")

    assert "1 server runs in it" in phase(name, "Deleting")["message"]
    assert platform.get("pod", "notebook", "-n", namespace)

    platform.kubectl("-n", namespace, "delete", "pod", "notebook", "--force")

    def is_gone():
        rest = platform.kubectl(
            "get", "project,namespace,pv", "-l", f"mofang.dev/project={name}", "-o=name"
        )
        projects = platform.kubectl(
            "get", "project", name, "--ignore-not-found", "-o=name"
        )
        return not rest and not projects

    eventually(is_gone, within=60, what="project, namespace and volumes are gone")
    assert kept.read_text() == "still here"


def test_a_job_of_another_engine_holds_a_project_too(platform, project, phase):
    """Waiting in the queue it has no pods; with its namespace it would be lost."""
    name = project()
    namespace = phase(name, "Ready")["namespace"]
    spec = pod("x")["spec"]
    # The operator's webhook wants this name.
    spec["containers"][0]["name"] = "tensorflow"
    replicas = {"replicas": 1, "restartPolicy": "Never", "template": {"spec": spec}}
    job = {
        "apiVersion": "kubeflow.org/v1",
        "kind": "TFJob",
        "metadata": {"name": "waits"},
        "spec": {
            "runPolicy": {"suspend": True},
            "tfReplicaSpecs": {"Worker": replicas},
        },
    }
    create(platform, namespace, job)

    platform.kubectl("delete", "project", name, "--wait=false")

    assert "1 job runs in it" in phase(name, "Deleting")["message"]
    assert platform.get("tfjob", "waits", "-n", namespace)

    platform.kubectl("-n", namespace, "delete", "tfjob", "waits")

    def is_gone():
        found = platform.kubectl(
            "get", "project", name, "--ignore-not-found", "-o=name"
        )
        return not found

    eventually(is_gone, within=60, what="the project is gone")


def test_somebody_elses_namespace_is_left_alone(platform, phase):
    name = f"t{uuid.uuid4().hex[:8]}"
    namespace = f"mofang-project-{name}"
    platform.kubectl("create", "namespace", namespace)
    body = {
        "apiVersion": "mofang.dev/v1alpha1",
        "kind": "Project",
        "metadata": {"name": name},
        "spec": {"displayName": "A test"},
    }
    try:
        platform.apply(body)
        assert "does not belong to this project" in phase(name, "Failed")["message"]
        platform.kubectl("delete", "project", name)
        assert platform.get("namespace", namespace)["status"]["phase"] == "Active"
    finally:
        platform.kubectl("delete", "namespace", namespace, "--wait=false")


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        pytest.param({"displayName": ""}, "displayName", id="no name to read"),
        pytest.param(
            {"members": [{"user": "ada", "role": "king"}]}, "king", id="unknown role"
        ),
        pytest.param(
            {"members": [{"user": "a", "group": "b", "role": "member"}]},
            "either a user or a group",
            id="user and group at once",
        ),
        pytest.param({"quota": {"cpu": "many"}}, "quota.cpu", id="not a quantity"),
        pytest.param({"quota": {"gpu": -1}}, "quota.gpu", id="fewer than no GPUs"),
        pytest.param({"pool": "A B"}, "pool", id="not a label"),
    ],
)
def test_bad_projects_never_reach_the_cluster(spec, said, platform):
    body = {
        "apiVersion": "mofang.dev/v1alpha1",
        "kind": "Project",
        "metadata": {"name": "bad"},
        "spec": {"displayName": "Bad"} | spec,
    }
    with pytest.raises(RuntimeError, match=said):
        platform.apply(body)


@pytest.mark.parametrize("name", ["a" * 21, "1st", "a.b"])
def test_bad_names_never_reach_the_cluster(name, platform):
    body = {
        "apiVersion": "mofang.dev/v1alpha1",
        "kind": "Project",
        "metadata": {"name": name},
        "spec": {"displayName": "Bad"},
    }
    with pytest.raises(RuntimeError, match="at most 20 characters"):
        platform.apply(body)
