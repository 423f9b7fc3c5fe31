"""The second wall: what the accounts of the platform may do beyond their roles."""

import copy

import pytest

from support.admission import HUB, RECONCILER, RefusedError, server_pod

pytest_plugins = ["cluster.test_admission_policies"]


def unlabelled_pod():
    """Without the label of a server, and with nothing another policy could refuse."""
    pod = server_pod(volumes=[])
    del pod["metadata"]["labels"]["mofang.dev/server"]
    (notebook,) = pod["spec"]["containers"]
    del notebook["env"], notebook["volumeMounts"]
    return pod


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
            unlabelled_pod(),
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
