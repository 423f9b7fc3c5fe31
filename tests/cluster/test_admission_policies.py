"""The second wall: what the API server refuses in projects, whoever asks for it.

Everything is a dry run of the server: admission decides, and nothing is made.
"""

import copy
import uuid
from pathlib import Path

import pytest
import yaml

from support import gangs
from support.admission import HUB, RefusedError, claim, server_pod
from support.eventually import eventually
from support.platform import REPOSITORY, Platform

JOBS = sorted((REPOSITORY / "tests" / "data" / "jobs").glob("*.yaml"))
SERVERS = sorted((REPOSITORY / "tests" / "data" / "servers").glob("*.yaml"))
SHARED = ("users", "project", "global", "logs")
"""Claims of a project's namespace, without the prefix that all have."""


COLLECTIONS = {
    "Pod": "/api/v1/namespaces/{}/pods",
    "Secret": "/api/v1/namespaces/{}/secrets",
    "Namespace": "/api/v1/namespaces",
    "PersistentVolume": "/api/v1/persistentvolumes",
    "RoleBinding": "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
}


@pytest.fixture(scope="module")
def platform():
    return Platform()


@pytest.fixture(scope="module")
def project(platform):
    """A project without a quota, which would refuse pods for another reason."""
    name = f"t{uuid.uuid4().hex[:8]}"
    body = {
        "apiVersion": "mofang.dev/v1alpha1",
        "kind": "Project",
        "metadata": {"name": name},
        "spec": {"displayName": "A test"},
    }
    platform.apply(body)

    def is_ready():
        status = platform.get("project", name).get("status", {})
        return status.get("phase") == "Ready"

    eventually(is_ready, within=60, what=f"the project {name} is ready")
    yield name
    platform.kubectl("delete", "project", name, "--wait=false")


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


def with_mount(project, *, claim_name, sub_path=None, labels=None, read_only=False):
    pod = server_pod()
    pod["spec"]["volumes"].append(claim("more", claim_name))
    mount = {"name": "more", "mountPath": "/more"}
    if read_only:
        mount["readOnly"] = True
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
        pytest.param(
            {
                "claim_name": "mofang-environments",
                "sub_path": "$(project)/shapes/1",
                "read_only": True,
            },
            id="a saved environment of the project",
        ),
        pytest.param(
            {
                "claim_name": "mofang-environments",
                "sub_path": "0-everyone/shapes/1",
                "read_only": True,
            },
            id="a saved environment of everyone",
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
            {
                "claim_name": "mofang-environments",
                "sub_path": "other/shapes/1",
                "read_only": True,
            },
            "claims that are no data sources",
            id="another project's saved environment",
        ),
        pytest.param(
            {"claim_name": "mofang-environments", "read_only": True},
            "claims that are no data sources",
            id="all saved environments",
        ),
        pytest.param(
            {
                "claim_name": "mofang-environments",
                "sub_path": "$(project)/shapes/1",
            },
            "writes to those that are read-only",
            id="a saved environment, to write to it",
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


async def test_the_api_server_finds_nothing_wrong_in_the_expressions(platform):
    names = (
        *("project-pods", "hub-servers", "hub-homes", "hub-projects"),
        *("hub-environments", "reconciler", "reconciler-environments"),
        "project-roles",
    )
    for name in names:
        policy = platform.get("validatingadmissionpolicy", f"mofang-{name}")
        warnings = policy.get("status", {}).get("typeChecking", {})
        assert not warnings.get("expressionWarnings"), name
