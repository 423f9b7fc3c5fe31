"""What an administrator configured, beside what a plan decides."""

import copy
from dataclasses import replace

import pytest
from unit.mofang_spawner.conftest import a_plan
from unit.mofang_spawner.test_pods import GPU, NODES, SIZES, complete, kubespawners_pod

from mofang_kube.placement import merge_affinity
from mofang_spawner import pods

ZONE = {"key": "zone", "operator": "In", "values": ["a"]}
DISK = {"key": "disk", "operator": "Exists"}
OFF_GPU = {"key": "mofang.dev/node-type", "operator": "NotIn", "values": ["gpu"]}
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def configured(container=None, plan=None, nodes=NODES, **spec):
    """The pod of a plan where the hub's configuration adds to it."""
    pod = kubespawners_pod()
    pod["spec"] |= spec
    pod["spec"]["containers"][0] |= container or {}
    return complete(plan or a_plan(), pod, nodes)["spec"]


def gpu_plan(**given):
    return a_plan(environment={"resources": SIZES | GPU}, gpu=1, **given)


def mounts_of(spec):
    return {each["mountPath"]: each for each in spec["containers"][0]["volumeMounts"]}


def variables_of(spec):
    return {each["name"]: each.get("value") for each in spec["containers"][0]["env"]}


# -- files


def test_volumes_come_before_the_platforms():
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
    mount = {"name": "data", "mountPath": "/data"}
    spec = configured({"volumeMounts": [mount]}, volumes=[volume])

    assert spec["volumes"][0] == volume
    assert spec["containers"][0]["volumeMounts"][0] == mount
    assert {"/home/jovyan", "/cache", "/tmp"} <= set(mounts_of(spec))


def test_a_volume_with_a_name_of_ours_is_ours():
    stolen = {"name": "mofang-users", "emptyDir": {}}
    spec = configured(volumes=[stolen])

    assert stolen not in spec["volumes"]
    names = [each["name"] for each in spec["volumes"]]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", ["/cache", "/tmp", "/dev/shm", "/tmp/"])
def test_a_scratch_folder_may_be_replaced(path):
    """Kubernetes takes one mount per path."""
    spec = configured({"volumeMounts": [{"name": "fast", "mountPath": path}]})

    assert mounts_of(spec)[path]["name"] == "fast"
    paths = [each.rstrip("/") for each in mounts_of(spec)]
    assert paths.count(path.rstrip("/")) == 1


@pytest.mark.parametrize("path", ["/home/jovyan", "/global", "/projects/vision"])
def test_a_granted_directory_is_never_replaced(path):
    spec = configured({"volumeMounts": [{"name": "other", "mountPath": path}]})

    assert mounts_of(spec)[path]["name"].startswith("mofang-")


@pytest.mark.parametrize("kind", ["initContainers", "containers"])
def test_other_containers_see_the_users_part_of_a_claim_only(kind):
    """The claims hold the directories of everybody."""
    other = {
        "name": "other",
        "volumeMounts": [
            {"name": "mofang-users", "mountPath": "/home"},
            {"name": "mofang-users", "mountPath": "/data", "subPath": "data"},
            {"name": "mofang-project", "mountPath": "/all", "subPathExpr": "$(X)"},
            {"name": "mofang-global", "mountPath": "/global"},
            {"name": "own", "mountPath": "/own"},
        ],
    }
    pod = kubespawners_pod()
    pod["spec"].setdefault(kind, []).append(copy.deepcopy(other))
    spec = complete(a_plan(), pod)["spec"]

    found = spec[kind][-1]["volumeMounts"]
    assert [each.get("subPath") for each in found] == [
        "ada",
        "ada/data",
        "vision",
        None,
        None,
    ]
    assert all("subPathExpr" not in each for each in found)
    assert found[3]["readOnly"] is True


def test_a_mount_of_a_claim_in_the_servers_container_is_confined_too():
    mount = {"name": "mofang-users", "mountPath": "/data"}
    spec = configured({"volumeMounts": [mount]})

    assert mounts_of(spec)["/data"]["subPath"] == "ada"


def test_other_containers_get_what_the_restricted_standard_asks_for():
    spec = configured(
        initContainers=[{"name": "a"}, {"name": "b", "securityContext": {"x": 1}}]
    )

    first, second = (each["securityContext"] for each in spec["initContainers"])
    assert first == pods.CONTAINER_SECURITY
    assert second == pods.CONTAINER_SECURITY | {"x": 1}


# -- nodes


@pytest.mark.parametrize(
    ("plan", "ours"),
    [
        pytest.param(a_plan(), [], id="CPUs"),
        pytest.param(gpu_plan(), ["nvidia.com/gpu"], id="GPUs"),
        pytest.param(
            a_plan(project={"pool": "lab"}),
            ["nvidia.com/gpu", "mofang.dev/pool"],
            id="a pool of GPU nodes only",
        ),
    ],
)
def test_tolerations_are_kept_on_every_kind_of_node(plan, ours):
    given = {"key": "spot", "operator": "Exists"}
    spec = configured(plan=plan, tolerations=[given])

    assert spec["tolerations"][0] == given
    assert [each["key"] for each in spec["tolerations"][1:]] == ours


def test_each_alternative_of_required_nodes_gets_our_demands():
    """Terms are alternatives: one without ours would be a way onto GPU nodes."""
    terms = [{"matchExpressions": [ZONE]}, {"matchExpressions": [DISK]}]
    given = {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": terms}}}
    found = configured(affinity=given)["affinity"]["nodeAffinity"][REQUIRED]

    assert found["nodeSelectorTerms"] == [
        {"matchExpressions": [ZONE, OFF_GPU]},
        {"matchExpressions": [DISK, OFF_GPU]},
    ]


def test_preferences_and_affinities_to_pods_are_kept():
    given = {
        "nodeAffinity": {PREFERRED: [{"weight": 1}]},
        "podAffinity": {REQUIRED: [{"topologyKey": "a"}]},
        "podAntiAffinity": {PREFERRED: [{"weight": 2}]},
    }
    found = configured(affinity=given)["affinity"]

    assert found["nodeAffinity"][PREFERRED] == [{"weight": 1}]
    assert REQUIRED in found["nodeAffinity"]
    assert found["podAffinity"] == given["podAffinity"]
    assert found["podAntiAffinity"] == given["podAntiAffinity"]


def test_affinities_to_pods_are_added_to_each_other():
    one, other = {"podAffinity": {REQUIRED: [1]}}, {"podAffinity": {REQUIRED: [2]}}

    assert merge_affinity(one, other) == {"podAffinity": {REQUIRED: [1, 2]}}
    assert merge_affinity({}, {}) == {}


def test_where_there_are_gpu_nodes_only_a_server_takes_cpus_there():
    spec = configured(nodes=NODES[1:2])

    assert "affinity" not in spec
    assert [each["key"] for each in spec["tolerations"]] == ["nvidia.com/gpu"]


def test_without_knowing_nodes_a_server_stays_off_gpu_nodes():
    found = configured(nodes=())["affinity"]["nodeAffinity"][REQUIRED]

    assert found["nodeSelectorTerms"] == [{"matchExpressions": [OFF_GPU]}]


# -- resources and variables


def test_other_resources_are_kept_and_those_of_the_plan_are_not_changed():
    given = {
        "requests": {"ephemeral-storage": "5Gi", "memory": "99Gi", "cpu": 9},
        "limits": {"example.com/fpga": "1", "nvidia.com/gpu": "8"},
    }
    found = configured({"resources": given})["containers"][0]["resources"]

    assert found == {
        "requests": {"ephemeral-storage": "5Gi", "memory": "2Gi", "cpu": "0.5"},
        "limits": {
            "ephemeral-storage": str(15 * 1024**3),
            "example.com/fpga": "1",
            "memory": "2Gi",
            "cpu": "2",
        },
    }


def test_a_configured_limit_of_disk_takes_the_place_of_the_platform_s():
    given = {"limits": {"ephemeral-storage": "50Gi"}}
    found = configured({"resources": given})["containers"][0]["resources"]

    assert found["limits"]["ephemeral-storage"] == "50Gi"


def test_variables_say_what_the_pod_has():
    spec = configured({"env": [{"name": "MEM_LIMIT", "value": "3221225472"}]})
    found = variables_of(spec)

    assert found["MEM_LIMIT"] == found["MEM_GUARANTEE"] == str(2 * 2**30)
    assert (found["CPU_LIMIT"], found["CPU_GUARANTEE"]) == ("2.0", "0.5")
    assert found["JUPYTER_IMAGE"] == spec["containers"][0]["image"]


def test_a_variable_is_there_once_and_the_platforms_wins():
    given = [
        {"name": "A", "value": "administrator's"},
        {"name": "B", "value": "$(A)"},
        {"name": "B", "value": "last"},
        {"name": "MOFANG_PROJECT", "value": "other"},
    ]
    plan = a_plan(environment={"env": {"A": "environment's"}})
    spec = configured({"env": given}, plan)
    names = [each["name"] for each in spec["containers"][0]["env"]]

    assert len(names) == len(set(names))
    assert names.index("A") < names.index("B"), "references still resolve"
    found = variables_of(spec)
    assert found["A"] == "environment's"
    assert found["B"] == "last"
    assert found["MOFANG_PROJECT"] == "vision"


def test_what_the_container_and_the_pod_are_told_is_kept():
    spec = configured(
        {"envFrom": [1], "terminationMessagePolicy": "File"},
        enableServiceLinks=True,
        hostAliases=[2],
    )

    assert spec["containers"][0]["envFrom"] == [1]
    assert spec["containers"][0]["terminationMessagePolicy"] == "File"
    assert spec["enableServiceLinks"] is True
    assert spec["hostAliases"] == [2]


def test_who_the_server_runs_as_is_never_configured():
    spec = configured(
        {"securityContext": {"privileged": True, "runAsUser": 0}},
        securityContext={"supplementalGroups": [5], "fsGroup": 0},
        automountServiceAccountToken=True,
    )

    assert spec["securityContext"] == pods.POD_SECURITY
    assert spec["containers"][0]["securityContext"] == pods.CONTAINER_SECURITY
    assert spec["automountServiceAccountToken"] is False


# -- the command


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        pytest.param(
            ["mofang-start", "jupyterhub-singleuser"],
            ["mofang-start", "mofang-debug", "jupyterhub-singleuser"],
            id="the usual command",
        ),
        pytest.param(
            ["jupyterhub-singleuser", "--debug"],
            ["mofang-debug", "jupyterhub-singleuser", "--debug"],
            id="a configured command",
        ),
    ],
)
def test_a_debug_server_works_with_any_command(args, expected):
    plan = replace(a_plan(), job="train-x1y2z3")
    spec = configured({"args": args}, plan)

    assert spec["containers"][0]["args"] == expected
