import json
from dataclasses import replace

import pytest
import yaml
from unit.mofang_spawner.conftest import a_plan

from mofang_kube.ephemeral_storage import EphemeralStorage
from mofang_kube.placement import NodeClass
from mofang_spawner import pods, server_objects
from mofang_spawner.server_objects import ConfiguredMetadata
from mofang_spawner.variables import SECRET_VARIABLES

URL = "http://training.mofang.svc:8080/services/training"
TOKEN = "0123456789abcdef-very-private"
GPU = {"gpu": {"default": 1, "min": 1, "max": 4}}
NODES = [
    NodeClass(is_labelled=True),
    NodeClass(is_labelled=True, has_gpu=True),
    NodeClass(is_labelled=True, has_gpu=True, pool="lab"),
]
SIZES = {"cpu": {"default": "1"}, "memory": {"default": "2Gi"}}


def kubespawners_pod():
    """What KubeSpawner makes of its traits, before a plan is applied."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "jupyter-ada--vision-pytorch",
            "labels": {"component": "singleuser-server", "app": "jupyterhub"},
        },
        "spec": {
            "containers": [
                {
                    "name": "notebook",
                    "image": "default",
                    "args": ["mofang-start", "jupyterhub-singleuser"],
                    "ports": [{"name": "notebook-port", "containerPort": 8888}],
                    "env": [
                        {"name": "JUPYTERHUB_API_TOKEN", "value": TOKEN},
                        {"name": "JPY_API_TOKEN", "value": TOKEN},
                        {"name": "JUPYTERHUB_USER", "value": "ada"},
                    ],
                    "volumeMounts": [{"name": "old", "mountPath": "/old"}],
                }
            ],
            "volumes": [{"name": "old", "configMap": {"name": "old"}}],
        },
    }


def build(**given):
    return complete(a_plan(**given))


def complete(plan, pod=None, nodes=NODES, **more):
    pod = kubespawners_pod() if pod is None else pod
    return pods.apply_plan(
        pod, plan, secret_name="the-secret", api_url=URL, nodes=nodes, **more
    )


def variables(pod):
    return {
        each["name"]: each.get("value") for each in pod["spec"]["containers"][0]["env"]
    }


@pytest.mark.parametrize(
    ("given", "name"),
    [
        pytest.param({}, "cpu.yaml", id="CPUs only"),
        pytest.param(
            {"environment": {"resources": SIZES | GPU}, "gpu": 2},
            "gpu.yaml",
            id="two GPUs",
        ),
        pytest.param(
            {"project": {"pool": "lab"}, "environment": {"resources": SIZES | GPU}},
            "pool.yaml",
            id="a GPU in the project's pool",
        ),
        pytest.param(
            {"environment": {"startupScript": "pip list\n", "env": {"A": "1"}}},
            "startup.yaml",
            id="a start-up script and a variable",
        ),
    ],
)
def test_the_pod_of_a_choice(golden, given, name):
    golden(build(**given), name)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({}, id="plain"),
        pytest.param({"environment": {"startupScript": "x"}}, id="with a script"),
    ],
)
def test_the_token_is_never_in_the_pod(given):
    """Whoever may look at pods must not become their owners."""
    pod = build(**given)

    assert TOKEN not in json.dumps(pod)
    hidden = [e for e in pod["spec"]["containers"][0]["env"] if "valueFrom" in e]
    assert [each["name"] for each in hidden] == list(SECRET_VARIABLES)
    assert all(
        each["valueFrom"]["secretKeyRef"]["name"] == "the-secret" for each in hidden
    )


def test_the_disk_of_its_node_is_bounded_and_its_tmp_too():
    storage = EphemeralStorage(request="1Gi", limit="20Gi", tmp="2Gi")
    spec = complete(a_plan(), ephemeral_storage=storage)["spec"]
    [tmp] = [each for each in spec["volumes"] if each["name"] == "tmp"]
    resources = spec["containers"][0]["resources"]

    assert tmp["emptyDir"] == {"sizeLimit": "2Gi"}
    # With the 5 GiB of its scratch disk, which its node keeps free.
    assert resources["requests"]["ephemeral-storage"] == str(6 * 1024**3)
    assert resources["limits"]["ephemeral-storage"] == str(25 * 1024**3)


def test_a_server_may_have_no_scratch_disk():
    """An emptyDir with a limit of 0 would be one without a limit."""
    pod = build(environment={"resources": {**SIZES, "cache": {"default": "0"}}})
    spec = pod["spec"]
    [server] = spec["containers"]
    variables = {each["name"]: each.get("value") for each in server["env"]}

    assert "cache" not in [each["name"] for each in spec["volumes"]]
    assert "/cache" not in [each["mountPath"] for each in server["volumeMounts"]]
    assert "MOFANG_CACHE_BYTES" not in variables
    assert variables["MOFANG_CACHE_DIRECTORY"] == "/tmp"
    assert server["resources"]["limits"]["ephemeral-storage"] == str(10 * 1024**3)


def test_shared_memory_is_as_large_as_the_memory():
    """Loaders of training data pass their batches by it; 64 MiB are soon full."""
    spec = build()["spec"]
    [volume] = [each for each in spec["volumes"] if each["name"] == "shared-memory"]
    limits = spec["containers"][0]["resources"]["limits"]

    assert volume["emptyDir"] == {"medium": "Memory", "sizeLimit": limits["memory"]}
    assert {"name": "shared-memory", "mountPath": "/dev/shm"} in spec["containers"][0][
        "volumeMounts"
    ]


def test_the_pod_meets_the_restricted_standard():
    spec = build()["spec"]
    security = spec["containers"][0]["securityContext"]

    assert security["allowPrivilegeEscalation"] is False
    assert security["capabilities"] == {"drop": ["ALL"]}
    assert security["runAsNonRoot"] is True
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    assert all("hostPath" not in volume for volume in spec["volumes"])


@pytest.mark.parametrize(
    "name",
    [
        "JUPYTERHUB_API_TOKEN",
        "JUPYTERHUB_USER",
        "JUPYTERHUB_ANYTHING",
        "JPY_API_TOKEN",
        "MOFANG_PROJECT",
        "MOFANG_API_URL",
        "MOFANG_STARTUP_SCRIPT",
        "MOFANG_ANYTHING",
    ],
)
def test_an_environment_cannot_set_the_platforms_variables(name):
    before = variables(build())
    after = variables(build(environment={"env": {name: "mine", "OTHER": "1"}}))

    assert after == before | {"OTHER": "1"}


def test_each_variable_is_set_once():
    names = [each["name"] for each in build()["spec"]["containers"][0]["env"]]

    assert len(names) == len(set(names))


def test_text_of_an_environment_is_never_a_template():
    """KubeSpawner expands ``{username}``; ours is put in after it."""
    pod = build(environment={"env": {"A": "{username} {undefined}"}})

    assert variables(pod)["A"] == "{username} {undefined}"


def in_safe_mode(failure="", **given):
    plan = replace(a_plan(safe_mode=True, **given), last_failure=failure)
    return complete(plan)


def test_in_safe_mode_the_servers_own_folders_are_outside_of_the_home(golden):
    golden(in_safe_mode("It ended."), "safe-mode.yaml")


def test_in_safe_mode_no_start_up_script_runs():
    """It uses the person's packages, which may be what is broken."""
    pod = in_safe_mode(environment={"startupScript": "pip install x"})

    assert "MOFANG_STARTUP_SCRIPT" not in variables(pod)


def test_an_environment_cannot_turn_safe_mode_off():
    mine = {"JUPYTER_CONFIG_DIR": "/home/jovyan/.jupyter", "MOFANG_SAFE_MODE": ""}
    pod = in_safe_mode(environment={"env": mine})

    assert variables(pod) == variables(in_safe_mode())


def test_a_failure_is_told_as_it_was_and_by_its_end():
    """Kubernetes would put a variable's value in, and a pod has its limits."""
    pod = in_safe_mode("x" * 9000 + "cost: $(HOME) $5")
    told = variables(pod)["MOFANG_LAST_FAILURE"]

    assert told.endswith("cost: $$(HOME) $$5")
    assert len(told) < 5000


def test_outside_of_safe_mode_nothing_of_it_is_there():
    assert "safe" not in json.dumps(build()).lower()


def test_a_raw_user_name_is_only_an_annotation():
    pod = build(
        username="ada@example.org",
        project={"members": [{"user": "ada@example.org", "role": "member"}]},
    )
    metadata = pod["metadata"]

    assert metadata["annotations"]["mofang.dev/owner-name"] == "ada@example.org"
    assert "@" not in json.dumps(metadata["labels"])
    assert "@" not in json.dumps(pod["spec"])


def test_a_gpu_is_asked_for_and_its_taint_borne():
    pod = build(environment={"resources": SIZES | GPU}, gpu=3)
    resources = pod["spec"]["containers"][0]["resources"]

    assert resources["requests"]["nvidia.com/gpu"] == "3"
    assert resources["limits"]["nvidia.com/gpu"] == "3"
    assert [each["key"] for each in pod["spec"]["tolerations"]] == ["nvidia.com/gpu"]


def test_without_gpus_none_is_asked_for():
    pod = build()

    assert "nvidia.com/gpu" not in yaml.safe_dump(pod)
    assert "tolerations" not in pod["spec"]


def test_the_secret_has_token_and_script():
    plan = a_plan(environment={"startupScript": "pip list\n"})
    owner = {"name": "s", "uid": "uid-1"}
    secret = server_objects.secret(plan, owner, TOKEN, ConfiguredMetadata())

    assert secret["stringData"] == {"api-token": TOKEN, "startup.sh": "pip list\n"}
    assert secret["metadata"]["labels"]["mofang.dev/owner"] == "ada"
    assert secret["metadata"]["ownerReferences"] == [owner]


def test_the_service_selects_its_own_pod_and_goes_with_it():
    """Two servers of a user in a project differ only in the environment."""
    pod = build()
    pod["metadata"]["uid"] = "uid-1"
    owner = server_objects.owner_reference(pod)
    service = server_objects.service("s", a_plan(), owner, 8888, ConfiguredMetadata())

    assert service["metadata"]["ownerReferences"] == [owner]
    assert service["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
    assert service["spec"]["selector"]["mofang.dev/server"] == pod["metadata"]["name"]
