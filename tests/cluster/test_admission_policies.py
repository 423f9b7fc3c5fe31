"""The second wall: what the API server refuses in projects, whoever asks for it.

Everything is a dry run of the server: admission decides, and nothing is made.
"""

import copy
import json
import shutil
import uuid
from pathlib import Path

import pytest
import yaml

from mofang_spawner.data_sources.models import DataSource
from mofang_spawner.data_sources.pod_data import build_pod_data
from support import gangs
from support.eventually import eventually
from support.platform import REPOSITORY, Platform

HUB = "system:serviceaccount:mofang:hub"
RECONCILER = "system:serviceaccount:mofang:reconciler"
JOBS = sorted((REPOSITORY / "tests" / "data" / "jobs").glob("*.yaml"))
SERVERS = sorted((REPOSITORY / "tests" / "data" / "servers").glob("*.yaml"))
SHARED = ("users", "project", "global", "logs")
"""Claims of a project's namespace, without the prefix that all have."""


@pytest.fixture(scope="module")
def platform():
    return Platform()


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
def project(platform):
    """A project without a quota, which would refuse pods for another reason."""
    name = f"t{uuid.uuid4().hex[:8]}"
    data = platform.storage / "data" / name
    (data / "corpora").mkdir(parents=True)
    sources = json.loads(json.dumps(SOURCES).replace("$(project)", name))
    body = {
        "apiVersion": "mofang.dev/v1alpha1",
        "kind": "Project",
        "metadata": {"name": name},
        "spec": {"displayName": "A test", "dataSources": sources},
    }
    platform.apply(body)

    def is_ready():
        status = platform.get("project", name).get("status", {})
        return status.get("phase") == "Ready"

    eventually(is_ready, within=60, what=f"the project {name} is ready")
    platform.apply(
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {
                "name": "model-store",
                "namespace": f"mofang-project-{name}",
            },
            "spec": {
                "accessModes": ["ReadWriteMany"],
                "storageClassName": "none",
                "resources": {"requests": {"storage": "1Gi"}},
            },
        }
    )
    # Looked at again at once.
    platform.kubectl("label", "project", name, "looked-at=again")
    yield name
    platform.kubectl("delete", "project", name, "--wait=false")
    shutil.rmtree(data)


@pytest.fixture(scope="module")
def sources(platform, project):
    """The data sources of the project, once pods may mount them."""

    def all_ready():
        status = platform.get("project", project)["status"]
        found = {each["key"]: each["ready"] for each in status.get("dataSources", [])}
        return all(found.get(each["name"]) for each in SOURCES)

    eventually(all_ready, within=90, what="the data sources are ready")
    spec = platform.get("project", project)["spec"]
    return {
        each["name"]: DataSource.model_validate(each) for each in spec["dataSources"]
    }


class RefusedError(Exception):
    """The server's message."""


COLLECTIONS = {
    "Pod": "/api/v1/namespaces/{}/pods",
    "Secret": "/api/v1/namespaces/{}/secrets",
    "Namespace": "/api/v1/namespaces",
    "PersistentVolume": "/api/v1/persistentvolumes",
    "RoleBinding": "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
}


@pytest.fixture
async def ask(project):
    """Ask the API server for what is not to be; raises what it refuses with."""
    async with gangs.api_server() as http:

        async def send(verb, path, user=None, body=None, **headers):
            if user:
                headers["Impersonate-User"] = user
            answer = await http.request(
                verb, path, params={"dryRun": "All"}, json=body, headers=headers
            )
            if answer.is_error:
                raise RefusedError(answer.json()["message"])

        yield send


@pytest.fixture
def attempt(ask, project):
    """Ask for an object, in the project's namespace unless it is said."""

    async def create(manifest, *, namespace=None, user=None):
        where = namespace or f"mofang-project-{project}"
        path = COLLECTIONS[manifest["kind"]].format(where)
        await ask("POST", path, user, manifest)

    return create


def server_pod(**changes):
    """A server of ada's as the hub makes it; ``changes`` are parts of the spec."""
    restricted = {
        "allowPrivilegeEscalation": False,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    name = "jupyter-ada--try"
    key = {"name": name, "key": "api-token"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "labels": {
                "mofang.dev/owner": "ada",
                "mofang.dev/environment": "pytorch",
                "mofang.dev/server": name,
            },
        },
        "spec": {
            "automountServiceAccountToken": False,
            "containers": [
                {
                    "name": "notebook",
                    "image": "docker.io/mofang/base:any",
                    "securityContext": restricted,
                    "resources": {"limits": {"memory": "16Mi", "cpu": "10m"}},
                    "env": [{"name": "TOKEN", "valueFrom": {"secretKeyRef": key}}],
                    "volumeMounts": [
                        {"name": "home", "mountPath": "/home/jovyan", "subPath": "ada"}
                    ],
                }
            ],
            "volumes": [claim("home", "mofang-users")],
        }
        | changes,
    }


def claim(volume, name):
    return {"name": volume, "persistentVolumeClaim": {"claimName": name}}


def with_mount(project, *, claim_name, sub_path=None, labels=None):
    pod = server_pod()
    pod["spec"]["volumes"].append(claim("more", claim_name))
    mount = {"name": "more", "mountPath": "/more"}
    if sub_path is not None:
        mount["subPath"] = sub_path.replace("$(project)", project)
    pod["spec"]["containers"][0]["volumeMounts"].append(mount)
    pod["metadata"]["labels"] |= labels or {}
    return pod


def with_variable(secret):
    pod = server_pod()
    reference = {"secretKeyRef": {"name": secret, "key": "key"}}
    pod["spec"]["containers"][0]["env"].append({"name": "X", "valueFrom": reference})
    return pod


def templates(path: Path):
    """Pod templates of a rendered job, wherever its engine has them."""

    def find(value):
        if isinstance(value, dict):
            if "containers" in value.get("spec", {}):
                yield value
            for each in value.values():
                yield from find(each)
        elif isinstance(value, list):
            for each in value:
                yield from find(each)

    for document in yaml.safe_load_all(path.read_text()):
        yield from find(document)


@pytest.mark.parametrize("path", JOBS, ids=lambda path: path.stem)
async def test_replicas_of_every_framework_and_engine_are_admitted(
    path, attempt, project
):
    found = list(templates(path))
    assert found
    for number, template in enumerate(found):
        pod = {"apiVersion": "v1", "kind": "Pod", **copy.deepcopy(template)}
        pod["metadata"]["name"] = f"try-{number}"
        pod["metadata"]["labels"]["mofang.dev/project"] = project
        pod["metadata"]["labels"].pop("mofang.dev/pod-group", None)
        # The reviewed files are of another project.
        for each in pod["spec"]["containers"]:
            for mount in each["volumeMounts"]:
                if mount["name"] == "mofang-project":
                    mount["subPath"] = project
                if mount["name"] == "mofang-logs":
                    _, _, job = mount["subPath"].partition("/")
                    mount["subPath"] = f"{project}/{job}"
        await attempt(pod)


@pytest.mark.parametrize("path", SERVERS, ids=lambda path: path.stem)
async def test_servers_are_admitted(path, attempt, project):
    # The Secret has the pod's name; the reviewed files say what it is.
    text = path.read_text().replace("the-secret", "jupyter-ada--vision-pytorch")
    pod = yaml.safe_load(text)
    pod["metadata"]["labels"]["mofang.dev/project"] = project
    for each in pod["spec"]["containers"]:
        for mount in each["volumeMounts"]:
            if mount["name"] == "mofang-project":
                mount["subPath"] = project
    await attempt(pod, user=HUB)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"claim_name": "mofang-users", "sub_path": "ada/x"}, id="a part"),
        pytest.param(
            {"claim_name": "mofang-project", "sub_path": "$(project)"}, id="project"
        ),
        pytest.param({"claim_name": "mofang-global"}, id="the global directory"),
        pytest.param(
            {
                "claim_name": "mofang-logs",
                "sub_path": "$(project)/train-x1y2z3",
                "labels": {"mofang.dev/job": "train-x1y2z3"},
            },
            id="logs of the job",
        ),
    ],
)
async def test_what_belongs_to_a_pod_it_may_mount(changed, attempt, project):
    await attempt(with_mount(project, **changed))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        pytest.param(
            {"claim_name": "mofang-users", "sub_path": "ben"},
            "must have the subPath ada",
            id="another person's home",
        ),
        pytest.param(
            {"claim_name": "mofang-users", "sub_path": "adam"},
            "must have the subPath ada",
            id="a home that begins alike",
        ),
        pytest.param(
            {"claim_name": "mofang-users"}, "must have the subPath ada", id="all homes"
        ),
        pytest.param(
            {
                "claim_name": "mofang-users",
                "sub_path": "ada",
                "labels": {"mofang.dev/owner": ""},
            },
            "no label mofang.dev/owner",
            id="nobody's home",
        ),
        pytest.param(
            {"claim_name": "mofang-project", "sub_path": "other"},
            "directories of other projects",
            id="another project's directory",
        ),
        pytest.param(
            {"claim_name": "mofang-project"},
            "directories of other projects",
            id="all projects' directories",
        ),
        pytest.param(
            {"claim_name": "mofang-logs", "sub_path": "$(project)/train-x1y2z3"},
            "no label mofang.dev/job",
            id="logs in a server",
        ),
        pytest.param(
            {
                "claim_name": "mofang-logs",
                "sub_path": "$(project)/train-a1b2c3",
                "labels": {"mofang.dev/job": "train-x1y2z3"},
            },
            "must have the subPath .*/train-x1y2z3",
            id="logs of another job",
        ),
        pytest.param(
            {
                "claim_name": "mofang-logs",
                "sub_path": "train-x1y2z3",
                "labels": {"mofang.dev/job": "train-x1y2z3"},
            },
            "must have the subPath .*/train-x1y2z3",
            id="logs of a project called like the job",
        ),
        pytest.param(
            {
                "claim_name": "mofang-global",
                "labels": {"mofang.dev/project": "other"},
            },
            "labelled as one of the project other",
            id="another project's label",
        ),
    ],
)
async def test_what_is_not_a_pods_it_may_not_mount(changed, said, attempt, project):
    with pytest.raises(RefusedError, match=said):
        await attempt(with_mount(project, **changed))


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
    pod["metadata"]["annotations"] = data.annotations
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


async def test_an_expression_is_no_way_into_a_home(attempt, project):
    """It is expanded after admission."""
    pod = with_mount(project, claim_name="mofang-users")
    mount = pod["spec"]["containers"][0]["volumeMounts"][-1]
    mount["subPathExpr"] = "$(TOKEN)"
    with pytest.raises(RefusedError, match="must have the subPath ada"):
        await attempt(pod)


async def test_an_init_container_is_looked_at_as_any_other(attempt, project):
    pod = with_mount(project, claim_name="mofang-users", sub_path="ben")
    first = copy.deepcopy(pod["spec"]["containers"][0]) | {"name": "first"}
    pod["spec"]["initContainers"] = [first]
    pod["spec"]["containers"][0]["volumeMounts"].pop()
    with pytest.raises(RefusedError, match="must have the subPath ada"):
        await attempt(pod)


@pytest.mark.parametrize(
    "secret", ["mofang-secret-wandb", "mofang-pull-registry", "jupyter-ben--try"]
)
async def test_a_server_has_no_secret_but_its_own(secret, attempt):
    with pytest.raises(RefusedError, match="a Secret that is not its own"):
        await attempt(with_variable(secret))


async def test_a_job_has_secrets_of_its_project_and_its_own_alone(attempt):
    for secret in ("mofang-secret-wandb", "train-x1y2z3-keys"):
        pod = with_variable(secret)
        pod["spec"]["containers"][0]["env"].pop(0)
        pod["metadata"]["labels"] = {
            "mofang.dev/owner": "ada",
            "mofang.dev/job": "train-x1y2z3",
        }
        await attempt(pod)
        pod["spec"]["containers"][0]["envFrom"] = [
            {"secretRef": {"name": "jupyter-ada--try"}}
        ]
        with pytest.raises(RefusedError, match="a Secret that is not its own"):
            await attempt(pod)


@pytest.mark.parametrize(
    "source",
    [
        {"secret": {"secretName": "jupyter-ben--try"}},
        {"projected": {"sources": [{"secret": {"name": "jupyter-ben--try"}}]}},
    ],
    ids=["a volume", "a projected volume"],
)
async def test_no_volume_has_another_secret(source, attempt):
    with pytest.raises(RefusedError, match="mounts a Secret that is not its own"):
        await attempt(
            server_pod(volumes=[claim("home", "mofang-users"), {"name": "x", **source}])
        )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param(
            {"automountServiceAccountToken": True},
            "asks for a token of its ServiceAccount",
            id="a token",
        ),
        pytest.param(
            {"imagePullSecrets": [{"name": "jupyter-ben--try"}]},
            "pulls images with a Secret",
            id="a Secret to pull by",
        ),
        pytest.param(
            {
                "volumes": [
                    claim("home", "mofang-users"),
                    {"name": "x", "csi": {"driver": "nfs.csi.k8s.io"}},
                ]
            },
            "by a CSI driver: nfs.csi.k8s.io",
            id="an inline volume",
        ),
    ],
)
async def test_other_ways_out_of_a_project_are_refused(changes, said, attempt):
    with pytest.raises(RefusedError, match=said):
        await attempt(server_pod(**changes))


async def test_only_known_accounts_are_used(attempt, platform, project):
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {
            "name": "train-launcher",
            "namespace": f"mofang-project-{project}",
        },
    }
    platform.apply(account)
    with pytest.raises(RefusedError, match="the ServiceAccount train-launcher"):
        await attempt(server_pod(serviceAccountName="train-launcher"))


async def test_a_container_for_debugging_sees_no_homes(ask, platform, project):
    """Kubernetes allows it no sub-path, so it would see those of everybody."""
    namespace = f"mofang-project-{project}"
    pod = server_pod(nodeSelector={"mofang.dev/test-never": "true"})
    pod["metadata"]["namespace"] = namespace
    pod["spec"]["containers"][0]["env"] = []
    platform.apply(pod)
    name = pod["metadata"]["name"]
    extra = copy.deepcopy(pod["spec"]["containers"][0]) | {"name": "debugger"}
    del extra["resources"]
    del extra["volumeMounts"][0]["subPath"]

    async def add(container):
        await ask(
            "PATCH",
            f"/api/v1/namespaces/{namespace}/pods/{name}/ephemeralcontainers",
            body={"spec": {"ephemeralContainers": [container]}},
            **{"Content-Type": "application/strategic-merge-patch+json"},
        )

    try:
        with pytest.raises(RefusedError, match="must have the subPath ada"):
            await add(extra)
        del extra["volumeMounts"]
        await add(extra)
    finally:
        platform.kubectl("delete", "pod", name, "-n", namespace, "--force")


def secret(name, **labels):
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "labels": labels},
        "stringData": {"key": "x"},
    }


OF_A_SERVER = {"mofang.dev/owner": "ada", "mofang.dev/environment": "pytorch"}


async def test_the_hub_makes_what_servers_need(attempt):
    await attempt(server_pod(), user=HUB)
    await attempt(secret("jupyter-ada--try", **OF_A_SERVER), user=HUB)


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        pytest.param(
            secret("mofang-secret-wandb", **OF_A_SERVER),
            "it is the project's",
            id="a Secret of the project",
        ),
        pytest.param(
            secret("any"), "it is no object of a server", id="a Secret of nobody's"
        ),
        pytest.param(
            {**server_pod(), "metadata": {"name": "any", "labels": OF_A_SERVER}},
            "it is no object of a server",
            id="a pod that is no server",
        ),
    ],
)
async def test_the_hub_makes_nothing_else_in_projects(manifest, said, attempt):
    with pytest.raises(RefusedError, match=said):
        await attempt(manifest, user=HUB)


async def test_the_hub_removes_no_secret_of_a_project(ask, platform, project):
    namespace = f"mofang-project-{project}"
    made = secret("mofang-secret-wandb")
    made["metadata"]["namespace"] = namespace
    platform.apply(made)
    with pytest.raises(RefusedError, match="it is no object of a server"):
        await ask(
            "DELETE",
            f"/api/v1/namespaces/{namespace}/secrets/mofang-secret-wandb",
            HUB,
        )


async def test_the_hub_makes_no_pods_outside_of_projects(attempt):
    with pytest.raises(RefusedError, match="forbidden"):
        await attempt(server_pod(), namespace="kube-system", user=HUB)


def binding(role, name="gained", namespace="mofang"):
    account = {"kind": "ServiceAccount", "name": "hub", "namespace": namespace}
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": name},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": role,
        },
        "subjects": [account],
    }


async def test_the_reconciler_binds_the_roles_of_projects_in_projects(attempt):
    await attempt(binding("mofang-hub-project"), user=RECONCILER)
    with pytest.raises(RefusedError, match="to accounts of the platform"):
        await attempt(binding("mofang-hub-project", namespace="other"), user=RECONCILER)
    # Two policies refuse it; the API server names one of them.
    either = "belongs to no namespace of a project|is bound in namespaces of projects"
    with pytest.raises(RefusedError, match=either):
        await attempt(
            binding("mofang-hub-project"), namespace="kube-system", user=RECONCILER
        )


async def test_roles_of_projects_are_bound_nowhere_else_by_anybody(attempt):
    with pytest.raises(RefusedError, match="is bound in namespaces of projects"):
        await attempt(binding("mofang-hub-project"), namespace="kube-system")
    everywhere = binding("mofang-hub-project") | {"kind": "ClusterRoleBinding"}
    with pytest.raises(RefusedError, match="is bound in namespaces of projects"):
        await attempt(everywhere)


async def test_the_reconciler_makes_namespaces_of_projects_alone(attempt, ask):
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "any"}}
    with pytest.raises(RefusedError, match="belongs to no namespace of a project"):
        await attempt(body, user=RECONCILER)
    body["metadata"]["name"] = "mofang-project-try"
    await attempt(body, user=RECONCILER)
    with pytest.raises(RefusedError, match="belongs to no namespace of a project"):
        await ask("DELETE", "/api/v1/namespaces/kube-node-lease", RECONCILER)


async def test_the_reconciler_makes_volumes_of_the_storage_alone(
    attempt, platform, project
):
    there = platform.get("pv", f"mofang-{project}-users")
    spec = {
        name: value
        for name, value in there["spec"].items()
        if name in {"accessModes", "capacity", "claimRef", "hostPath", "csi", "nfs"}
    }
    spec["claimRef"] = {
        "kind": "PersistentVolumeClaim",
        "namespace": "mofang-project-try",
        "name": "mofang-users",
    }
    spec["storageClassName"] = ""
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": "mofang-try-users"},
        "spec": spec,
    }
    await attempt(volume, user=RECONCILER)

    elsewhere = copy.deepcopy(volume)
    elsewhere["spec"]["hostPath"] = {"path": "/", "type": "Directory"}
    with pytest.raises(RefusedError, match="its source is not the one"):
        await attempt(elsewhere, user=RECONCILER)
    other = copy.deepcopy(volume)
    other["spec"]["claimRef"]["namespace"] = "kube-system"
    with pytest.raises(RefusedError, match="belongs to no namespace of a project"):
        await attempt(other, user=RECONCILER)


async def test_the_api_server_finds_nothing_wrong_in_the_expressions(platform):
    names = ("project-pods", "hub-servers", "hub-homes", "reconciler", "project-roles")
    for name in names:
        policy = platform.get("validatingadmissionpolicy", f"mofang-{name}")
        warnings = policy.get("status", {}).get("typeChecking", {})
        assert not warnings.get("expressionWarnings"), name
