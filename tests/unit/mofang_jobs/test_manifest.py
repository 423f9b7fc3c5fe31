"""The operator's object, compared with reviewed files."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from unit.mofang_jobs.conftest import make_job

from mofang_api.models import MAX_SPEC_BYTES, Framework, RestartRecord
from mofang_jobs.domain.frameworks import plan_roles
from mofang_jobs.domain.models import JobRequest, SchedulingMetadata
from mofang_jobs.domain.nodes import Node
from mofang_jobs.engines.job_manifest import build_cancellation
from mofang_jobs.engines.kubeflow_v1 import PYTORCH_JOB
from mofang_jobs.engines.registry import KINDS, kind_by_name, select_kind
from mofang_jobs.engines.rendering import render
from mofang_jobs.engines.trainer_v2 import TRAIN_JOB
from mofang_kube.ephemeral_storage import EphemeralStorage

NODES = [
    Node(is_labelled=True),
    Node(is_labelled=True, has_gpu=True),
]
Golden = Callable[[Any, str], None]


FULL: dict[str, Any] = {
    "replicas": 2,
    "hyperparameters": {"lr": 0.1, "amp": True},
    "inputs": [{"name": "data_url", "path": "/global/digits"}],
    "outputs": [
        {
            "name": "train_url",
            "path": "/projects/vision/run1",
            "pass_as": "environment",
            "staged": True,
            "preload": True,
        }
    ],
    "requirements": "requirements.txt",
    "env": {"LEVEL": "1"},
    "secrets": {"HF_TOKEN": {"secret": "hugging-face", "key": "token"}},
    "resources": {"cpu": "1", "memory": "2Gi", "gpu": 1},
    "run_as_user": 2000,
}


def build_pytorch_job(job: JobRequest, nodes: list[Node]) -> dict[str, Any]:
    return render(PYTORCH_JOB, job, nodes, SchedulingMetadata())[-1]


@pytest.mark.parametrize(
    ("framework", "kind", "more"),
    [
        ("pytorch", "TrainJob", {}),
        ("pytorch", "JobSet", {}),
        ("single", "PyTorchJob", {"replicas": 1}),
        ("jax", "PyTorchJob", {}),
        ("jax", "TrainJob", {}),
        ("tensorflow", "TFJob", {"roles": {"ps": {"replicas": 1}}}),
        ("tensorflow", "JobSet", {"roles": {"ps": {"replicas": 1}}}),
        ("horovod", "MPIJob", {}),
        ("mpi", "MPIJob", {"script": "", "command": ["./solve", "-n", "$(X)"]}),
        ("mpi", "JobSet", {}),
        ("xgboost", "XGBoostJob", {}),
        ("spark", "TFJob", {}),
        ("ray", "TFJob", {"roles": {"worker": {"replicas": 3}}}),
        ("ray", "RayJob", {"arguments": ["a b", "$(X)"]}),
    ],
)
def test_each_framework_on_each_kind(
    golden: Golden, framework: str, kind: str, more: dict[str, Any]
) -> None:
    """With everything a job may ask for, as files to be reviewed."""
    job = make_job(framework=framework, **{**FULL, **more})
    scheduling_metadata = SchedulingMetadata(
        labels={"mofang.dev/pod-group": job.object_name}
    )

    objects = render(kind_by_name(kind), job, NODES, scheduling_metadata)

    golden(objects, f"{framework}-{kind.lower()}.yaml")


@pytest.mark.parametrize(
    ("more", "policy"),
    [({}, "AllWorkers"), ({"roles": {"ps": {"replicas": 1}}}, None)],
    ids=["workers alone", "with a chief"],
)
def test_worker_0_of_tensorflow_does_not_end_the_others(
    more: dict[str, Any], policy: str | None
) -> None:
    job = make_job(framework="tensorflow", **more)

    tf_job = render(kind_by_name("TFJob"), job, NODES, SchedulingMetadata())[-1]

    assert tf_job["spec"].get("successPolicy") == policy


@pytest.mark.parametrize(
    ("program", "command", "parameters"),
    [
        ({}, ["--", "train.py", "--quiet", "--no-cuda"], {"lr": 0.1}),
        (
            {"script": "", "command": ["./solve"]},
            ["--command", "--", "./solve", "--quiet", "--no-cuda"],
            {"lr": 0.1},
        ),
        (
            {"script": "train.ipynb", "arguments": []},
            ["--", "train.ipynb"],
            {"lr": 0.1, "no-cuda": True},
        ),
    ],
    ids=["a script", "a command", "a notebook"],
)
def test_flags_have_no_value_but_in_a_notebook(
    program: dict[str, Any], command: list[str], parameters: dict[str, Any]
) -> None:
    asked = {"arguments": ["--quiet"], "hyperparameters": {"lr": 0.1}}
    job = make_job(**{**asked, "flags": ["no-cuda"], **program})

    [plan] = plan_roles(job, lambda role: "")

    assert list(plan.command[3:]) == command
    assert json.loads(plan.environment["MOFANG_HYPERPARAMETERS"]) == parameters


def test_what_a_specification_may_hold_a_variable_holds_too() -> None:
    """Linux starts nothing with a variable of 128 KiB; an emoji must stay 4 bytes."""
    job = make_job(hyperparameters={f"p{at}": "\N{FIRE}" * 1900 for at in range(4)})

    [plan] = plan_roles(job, lambda role: "")

    text = plan.environment["MOFANG_HYPERPARAMETERS"]
    assert len(f"MOFANG_HYPERPARAMETERS={text}".encode()) < MAX_SPEC_BYTES
    assert json.loads(text)["p3"] == "\N{FIRE}" * 1900


@pytest.mark.parametrize("framework", Framework)
def test_the_training_operator_runs_every_framework(framework: Framework) -> None:
    kind = select_kind(framework, None, KINDS)
    assert kind is not None
    assert kind.engine == "kubeflow-v1"


def test_what_is_not_served_is_not_chosen() -> None:
    served = [kind for kind in KINDS if kind.kind in {"JobSet", "TrainJob"}]
    chosen = {each: select_kind(each, None, served) for each in Framework}
    assert chosen[Framework.JAX].kind == "TrainJob"
    assert {each: kind.kind for each, kind in chosen.items() if kind} == {
        each: "TrainJob" if len(each.declaration.roles) == 1 else "JobSet"
        for each in Framework
    }
    assert select_kind(Framework.RAY, None, []) is None


def test_a_train_job_names_its_devices_also_where_it_has_none() -> None:
    """The Kubeflow SDK reads no container whose limits are of memory alone."""
    job = make_job(resources={"cpu": "500m", "memory": "1Gi"})

    runtime, body = render(TRAIN_JOB, job, NODES, SchedulingMetadata())

    replicated = runtime["spec"]["template"]["spec"]["replicatedJobs"][0]
    pod = replicated["template"]["spec"]["template"]["spec"]
    limits = {
        "memory": "1Gi",
        "nvidia.com/gpu": "0",
        "ephemeral-storage": str(15 * 1024**3),
    }
    assert pod["containers"][0]["resources"]["limits"] == limits
    assert body["spec"]["trainer"]["resourcesPerNode"]["limits"] == limits


def test_a_second_attempt_keeps_off_the_machine_that_failed() -> None:
    bad = RestartRecord(
        attempt=1,
        at=datetime(2026, 11, 23, tzinfo=UTC),
        cause="Its machine was lost.",
        node="cpu-1",
        platform_failure=True,
        node_excluded=True,
    )
    job = replace(make_job(), attempt=2, restarts=(bad,), excluded_nodes=("cpu-1",))

    body = build_pytorch_job(job, NODES)

    assert body["metadata"]["name"] == "train-abc123-r2"
    assert body["metadata"]["labels"]["mofang.dev/attempt"] == "2"
    assert json.loads(body["metadata"]["annotations"]["mofang.dev/restarts"])
    assert "cpu-1" in str(worker(body)["affinity"])


def test_two_cpu_workers(golden: Golden) -> None:
    job = make_job(
        replicas=2,
        arguments=["--epochs", "3"],
        env={"LEVEL": "1"},
        resources={"cpu": "500m", "memory": "1Gi"},
    )

    golden(build_pytorch_job(job, NODES), "pytorch-2-cpu.yaml")


def test_four_gpus_on_two_nodes_of_a_pool(golden: Golden) -> None:
    job = make_job(
        replicas=2,
        pool="blue",
        script="/projects/vision/train.py",
        working_directory="/projects/vision",
        resources={"cpu": "4", "memory": "8Gi", "gpu": 2},
    )
    nodes = [Node(pool="blue", is_labelled=True, has_gpu=True)]

    golden(build_pytorch_job(job, nodes), "pytorch-2x2-gpu-pool.yaml")


def test_the_text_of_users_is_never_expanded_nor_read_by_a_shell() -> None:
    """Kubernetes replaces $(NAME) in commands and values; users mean it literally."""
    hostile = "$(MOFANG_JOB_ID) $$ `id`; rm -rf / && $HOME"

    body = build_pytorch_job(
        make_job(arguments=[hostile], env={"NOTE": hostile}), NODES
    )

    container = worker(body)["containers"][0]
    doubled = hostile.replace("$", "$$")
    note = next(each for each in container["env"] if each["name"] == "NOTE")
    assert container["command"][0] == "/opt/mofang/bin/mofang-run"
    assert container["command"][-1] == doubled
    assert note["value"] == doubled


def test_variables_of_users_do_not_replace_those_of_the_platform() -> None:
    names = [
        each["name"]
        for each in worker(build_pytorch_job(make_job(env={"HOME": "/tmp/x"}), NODES))[
            "containers"
        ][0]["env"]
    ]

    assert len(names) == len(set(names))


def test_a_job_is_told_the_environment_whose_packages_it_has() -> None:
    job = make_job(environment="pytorch")

    variables = worker(build_pytorch_job(job, NODES))["containers"][0]["env"]

    assert {"name": "MOFANG_ENVIRONMENT", "value": "pytorch"} in variables


def test_pods_have_no_rights_and_no_token() -> None:
    spec = worker(build_pytorch_job(make_job(), NODES))
    container = spec["containers"][0]

    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] == 1000
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert not any("TOKEN" in each["name"] for each in container["env"])


def test_pods_name_the_secrets_to_pull_images_with() -> None:
    """An MPIJob's launcher has an account of its own, without those of the default."""
    job = replace(make_job(), image_pull_secrets=("mofang-pull-registry",))
    spec = worker(build_pytorch_job(job, NODES))

    assert spec["imagePullSecrets"] == [{"name": "mofang-pull-registry"}]
    assert "imagePullSecrets" not in worker(build_pytorch_job(make_job(), NODES))


def test_a_hostile_user_name_stays_out_of_labels_and_paths() -> None:
    owner = "../../$(X)\n{evil} " + "é" * 60

    body = build_pytorch_job(make_job(owner=owner), NODES)

    slug = body["metadata"]["labels"]["mofang.dev/owner"]
    mounts = worker(body)["containers"][0]["volumeMounts"]
    home = next(each for each in mounts if each["mountPath"] == "/home/jovyan")
    assert home["subPath"] == slug
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert body["metadata"]["annotations"]["mofang.dev/owner-name"] == owner


def test_only_editors_write_to_the_global_directory() -> None:
    mounts = worker(build_pytorch_job(make_job(), NODES))["containers"][0]
    shared = next(
        each for each in mounts["volumeMounts"] if each["mountPath"] == "/global"
    )

    assert shared["readOnly"] is True


def test_a_job_s_containers_see_the_logs_of_that_job_alone() -> None:
    """Nobody else can change them: not in the project's directory, not by a link."""
    spec = worker(build_pytorch_job(make_job(), NODES))
    container = spec["containers"][0]
    mounts = [each for each in container["volumeMounts"] if "logs" in each["name"]]
    variables = {each["name"]: each.get("value") for each in container["env"]}

    assert mounts == [
        {
            "name": "mofang-logs",
            "mountPath": "/var/log/mofang",
            "subPath": "vision/train-abc123",
        }
    ]
    assert variables["MOFANG_LOG_FILE"] == (
        "/var/log/mofang/mofang-job-train-abc123-worker-$(MOFANG_REPLICA_INDEX).log"
    )


def test_what_replicas_write_to_their_nodes_is_bounded_and_kept_for_the_queue() -> None:
    body = build_pytorch_job(make_job(), NODES)
    resources = worker(body)["containers"][0]["resources"]

    # 100 MiB and 10 GiB, and 5 GiB of scratch disk, which its node keeps free.
    disk = {
        "request": 100 * 1024**2 + 5 * 1024**3,
        "limit": 15 * 1024**3,
        "cache": 5 * 1024**3,
    }
    assert resources["requests"]["ephemeral-storage"] == str(disk["request"])
    assert resources["limits"]["ephemeral-storage"] == str(disk["limit"])
    kept = body["metadata"]["annotations"]["mofang.dev/ephemeral-storage"]
    assert json.loads(kept) == {"worker": disk}


def test_each_role_has_the_cache_of_its_resources() -> None:
    """A worker with GPUs has a large one, a parameter server none."""
    flavours = [{"gpu": 1, "size": "800G"}, {"cpu": "1", "size": "50G"}]
    job = make_job(
        framework="tensorflow",
        storage=EphemeralStorage.model_validate({"cache": flavours}),
        resources={"gpu": 1},
        roles={"ps": {"replicas": 1, "resources": {"cpu": "500m", "gpu": 0}}},
    )
    body = render(kind_by_name("TFJob"), job, NODES, SchedulingMetadata())[-1]
    roles = {
        name: each["template"]["spec"]
        for name, each in body["spec"]["tfReplicaSpecs"].items()
    }

    worker, ps = roles["Worker"], roles["PS"]
    assert _cache(worker) == {"sizeLimit": str(800 * 1000**3)}
    assert _variables(worker)["MOFANG_CACHE_BYTES"] == str(720 * 1000**3)
    assert _cache(ps) is None
    assert "/cache" not in [
        each["mountPath"] for each in ps["containers"][0]["volumeMounts"]
    ]
    # What would be staged in /cache is not lost: it goes to the container's own disk.
    assert _variables(ps)["MOFANG_CACHE_DIRECTORY"] == "/tmp"
    assert ps["containers"][0]["resources"]["limits"]["ephemeral-storage"] == str(
        10 * 1024**3
    )


def _variables(spec: dict[str, Any]) -> dict[str, Any]:
    return {each["name"]: each.get("value") for each in spec["containers"][0]["env"]}


def _cache(spec: dict[str, Any]) -> dict[str, Any] | None:
    found = (each for each in spec["volumes"] if each["name"] == "cache")
    return next((each["emptyDir"] for each in found), None)


def test_the_specification_is_kept_whole_on_the_object() -> None:
    job = make_job(arguments=["é", "☃"], replicas=3)

    body = build_pytorch_job(job, NODES)

    kept = json.loads(body["metadata"]["annotations"]["mofang.dev/training-job"])
    assert kept == job.spec.model_dump(mode="json")


def test_cancelling_is_one_patch() -> None:
    assert build_cancellation(PYTORCH_JOB, "ada", "2026-11-23T00:00:00+00:00") == {
        "metadata": {
            "annotations": {
                "mofang.dev/cancelled-by": "ada",
                "mofang.dev/cancelled-at": "2026-11-23T00:00:00+00:00",
            }
        },
        "spec": {"runPolicy": {"suspend": True}},
    }


def worker(body: dict[str, Any]) -> Any:
    return body["spec"]["pytorchReplicaSpecs"]["Worker"]["template"]["spec"]
