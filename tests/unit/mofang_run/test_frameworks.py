import json
import os
import signal
import socket
import sys

import pytest

from mofang_api import frameworks as contract
from mofang_run.frameworks import introduction, load, ray, spark, tensorflow
from mofang_run.job.declarations import FRAMEWORKS
from mofang_run.job.interpreter import Interpreter
from mofang_run.job.settings import RunSettings
from mofang_run.network.addresses import own_address
from mofang_run.process.cgroup import cores, memory_bytes

SHOW = (
    "import json, os, sys; print('GOT', json.dumps([sys.argv[1:], dict(os.environ)]))"
)

OWN = Interpreter.own({})


def got(output: str) -> tuple[list[str], dict[str, str]]:
    line = next(x for x in output.splitlines() if x.startswith("GOT "))
    return json.loads(line.removeprefix("GOT "))


def settings(**variables: str) -> RunSettings:
    return RunSettings.from_environment(variables)


def test_every_framework_of_the_contract_can_be_launched():
    assert list(FRAMEWORKS) == list(contract.FRAMEWORKS)
    assert all(callable(load(name).launch) for name in FRAMEWORKS)


def test_a_job_imports_the_module_of_its_own_framework_alone(wrapper):
    """The time until it starts counts."""
    script = wrapper.script("")
    code, output = wrapper(
        script, framework="single", PYTHONPROFILEIMPORTTIME="1", PYTHONUNBUFFERED="1"
    )
    imported = {
        line.split("|")[-1].strip()
        for line in output.splitlines()
        if line.startswith("import time:")
    }
    assert code == 0
    assert {name for name in imported if name.startswith("mofang_run.frameworks.")} <= {
        "mofang_run.frameworks.introduction"
    }


@pytest.mark.parametrize("framework", ["mpi", "horovod"])
def test_who_starts_processes_elsewhere_is_told_of_failures(framework):
    assert load(framework).report_failure is not None


def test_a_command_is_run_as_it_is_with_its_parameters(wrapper):
    command = ("sh", "-c", 'echo "said $1 $2"', "sh", "one")
    code, output = wrapper.command(
        *command, framework="single", MOFANG_HYPERPARAMETERS='{"lr": 1}'
    )
    assert code == 0
    assert "said one --lr=1" in output


def test_a_script_without_command_must_be_there(wrapper):
    code, output = wrapper("sh", "-c", "true", framework="single")
    assert code == 127
    assert "There is no script sh" in output


def test_a_pytorch_command_is_told_where_its_master_is(wrapper):
    code, output = wrapper.command(
        sys.executable,
        wrapper.script(SHOW),
        MOFANG_ROLE_REPLICAS="2",
        MOFANG_REPLICA_INDEX="1",
        MOFANG_LEADER_HOST="localhost",
    )
    assert code == 0
    _, environment = got(output)
    names = ("MASTER_ADDR", "MASTER_PORT", "WORLD_SIZE", "RANK")
    assert [environment[n] for n in names] == ["localhost", "29500", "2", "1"]
    assert "TORCHRUN" not in output


ROLES = '{"chief":1,"worker":2,"ps":1}'
HOSTS = json.dumps({role: f"t-{role}-{{index}}" for role in ("chief", "worker", "ps")})


def test_tf_config_is_built_where_the_operator_gave_none():
    config = tensorflow.build_config(
        settings(
            MOFANG_ROLE="worker",
            MOFANG_REPLICA_INDEX="1",
            MOFANG_ROLE_REPLICAS="2",
            MOFANG_ROLES=ROLES,
            MOFANG_HOST_TEMPLATES=HOSTS,
        )
    )
    assert json.loads(config) == {
        "cluster": {
            "chief": ["t-chief-0:2222"],
            "worker": ["t-worker-0:2222", "t-worker-1:2222"],
            "ps": ["t-ps-0:2222"],
        },
        "task": {"type": "worker", "index": 1},
    }


def test_the_operators_tf_config_is_left_alone_and_its_hosts_are_awaited(wrapper):
    config = json.dumps(
        {
            "cluster": {"worker": ["localhost:1", "localhost:2"]},
            "task": {"type": "worker", "index": 0},
        }
    )
    code, output = wrapper(
        wrapper.script(SHOW), framework="tensorflow", TF_CONFIG=config
    )
    assert code == 0
    assert got(output)[1]["TF_CONFIG"] == config


def test_tensorflow_waits_for_every_peer_but_itself(wrapper):
    hosts = '{"worker": "w-{index}.invalid"}'
    with wrapper.start(
        wrapper.script(SHOW),
        framework="tensorflow",
        MOFANG_ROLE_REPLICAS="2",
        MOFANG_ROLES='{"worker": 2}',
        MOFANG_HOST_TEMPLATES=hosts,
    ) as process:
        line = process.stdout.readline().decode()
        process.terminate()
        process.stdout.read()
    assert "Waiting for w-1.invalid (worker-1) to be known" in line
    assert "w-0.invalid" not in line


def test_a_single_tensorflow_replica_has_no_cluster(wrapper):
    code, output = wrapper(wrapper.script(SHOW), framework="tensorflow")
    assert code == 0
    assert "TF_CONFIG" not in got(output)[1]


@pytest.mark.parametrize(
    ("role", "index", "rank"), [("master", "0", "0"), ("worker", "1", "2")]
)
def test_xgboost_ranks_begin_with_the_master(role, index, rank):
    told = introduction.introduce(
        FRAMEWORKS["xgboost"],
        settings(
            MOFANG_ROLE=role,
            MOFANG_REPLICA_INDEX=index,
            MOFANG_ROLE_REPLICAS="2",
            MOFANG_ROLES='{"master":1,"worker":2}',
            MOFANG_LEADER_HOST="x-master-0",
        ),
    )
    assert told == {
        "MASTER_ADDR": "x-master-0",
        "MASTER_PORT": "9999",
        "WORLD_SIZE": "3",
        "RANK": rank,
    }


@pytest.mark.parametrize("index", [0, 1])
def test_jax_processes_are_told_of_their_coordinator(index):
    told = introduction.introduce(
        FRAMEWORKS["jax"],
        settings(
            MOFANG_ROLE="worker",
            MOFANG_REPLICA_INDEX=str(index),
            MOFANG_ROLE_REPLICAS="2",
            MOFANG_ROLES='{"worker":2}',
            MOFANG_LEADER_HOST="j-worker-0",
        ),
    )
    assert told == {
        "JAX_COORDINATOR_ADDRESS": "j-worker-0:8476",
        "JAX_NUM_PROCESSES": "2",
        "JAX_PROCESS_ID": str(index),
    }


def test_what_the_operator_says_to_xgboost_comes_first(wrapper):
    _, output = wrapper(
        wrapper.script(SHOW),
        framework="xgboost",
        MASTER_ADDR="localhost",
        RANK="5",
        MOFANG_ROLES='{"master":1,"worker":5}',
    )
    environment = got(output)[1]
    assert (environment["MASTER_ADDR"], environment["RANK"]) == ("localhost", "5")
    assert environment["WORLD_SIZE"] == "6"


def test_a_spark_master_listens_at_its_own_address():
    arguments = spark.master_arguments("/s/bin/spark-class", "10.0.0.1", 7077)
    assert arguments[:6] == [
        "/s/bin/spark-class",
        "org.apache.spark.deploy.master.Master",
        *("--host", "10.0.0.1", "--port", "7077"),
    ]


def test_a_spark_worker_offers_what_its_container_has():
    url = "spark://d-driver-0:7077"
    arguments = spark.worker_arguments("spark-class", "10.0.0.2", url, "/cache/spark")
    assert arguments[arguments.index("--cores") + 1] == str(cores())
    assert arguments[-1] == url


@pytest.mark.parametrize(("container", "executor"), [(1, 512), (2, 1280), (16, 12032)])
def test_executors_leave_room_in_their_container(container, executor):
    assert spark.executor_mebibytes(container * 1024**3) == executor


def test_a_spark_session_finds_its_cluster_without_being_told():
    environment = spark.driver_environment("10.0.0.1", 7077, 1280)
    assert environment["SPARK_MASTER_URL"] == "spark://10.0.0.1:7077"
    arguments = environment["PYSPARK_SUBMIT_ARGS"].split()
    assert arguments[:2] == ["--master", "spark://10.0.0.1:7077"]
    assert "spark.executor.memory=1280m" in arguments
    assert "spark.driver.host=10.0.0.1" in arguments
    assert arguments[-1] == "pyspark-shell"


def test_ray_listens_at_its_own_address_and_shows_no_pages():
    head = ray.head_arguments(OWN, "10.0.0.1", 6379)
    assert head[head.index("--port") + 1] == "6379"
    assert head[head.index("--include-dashboard") + 1] == "false"
    worker = ray.worker_arguments(OWN, "10.0.0.2", "r-head-0:6379", 60.0)
    assert worker[worker.index("--address") + 1] == "r-head-0:6379"
    assert "--block" in worker


def shared_secret(wrapper) -> str:
    """What the head has left in the owner's home."""
    directory = wrapper.home / ".mofang" / "run" / "digits-abc123"
    directory.mkdir(mode=0o700, parents=True)
    (directory / "secret").write_text("of-the-job")
    return str(directory)


RAY = """
import pathlib, signal, sys
print("ray", *sys.argv[1:3], flush=True)
attempts = pathlib.Path(__file__).with_name("attempts")
attempts.write_text(attempts.read_text() + "x" if attempts.exists() else "x")
if len(attempts.read_text()) < 3:
    sys.exit("No node info found for head node.")
print("Ray runtime started.", flush=True)
signal.pause()
"""


def test_a_ray_worker_that_comes_too_early_tries_again(wrapper):
    """The head listens before it lets anybody join."""
    scripts = wrapper.packages / "ray" / "scripts"
    scripts.mkdir(parents=True)
    for file in (scripts.parent / "__init__.py", scripts / "__init__.py"):
        file.touch()
    (scripts / "scripts.py").write_text(RAY)
    with socket.create_server(("127.0.0.1", 0)) as head:
        process = wrapper.start(
            "train.py",
            framework="ray",
            MOFANG_LEADER_HOST="127.0.0.1",
            MOFANG_LEADER_PORT=str(head.getsockname()[1]),
            MOFANG_RENDEZVOUS_DIRECTORY=shared_secret(wrapper),
        )
        with process:
            lines = []
            for line in process.stdout:
                lines.append(line.decode())
                if "Ray runtime started" in lines[-1]:
                    process.send_signal(signal.SIGTERM)
            code = process.wait(timeout=60)

    output = "".join(lines)
    assert output.count("No node info found") == 2
    assert output.count("Ray's head is not ready yet; trying again.") == 2
    assert "Received SIGTERM and passed it on." in output
    assert code == 128 + signal.SIGTERM


def test_a_ray_worker_that_is_never_let_in_gives_up_when_the_job_says(wrapper):
    scripts = wrapper.packages / "ray" / "scripts"
    scripts.mkdir(parents=True)
    for file in (scripts.parent / "__init__.py", scripts / "__init__.py"):
        file.touch()
    refusal = 'import sys\nsys.exit("No node info found for head node.")'
    (scripts / "scripts.py").write_text(refusal)
    with socket.create_server(("127.0.0.1", 0)) as head:
        code, output = wrapper(
            "train.py",
            framework="ray",
            MOFANG_LEADER_HOST="127.0.0.1",
            MOFANG_LEADER_PORT=str(head.getsockname()[1]),
            MOFANG_RENDEZVOUS_DIRECTORY=shared_secret(wrapper),
            MOFANG_PEER_TIMEOUT_SECONDS="1",
        )
    assert code == 1
    assert output.count("No node info found") == 2
    assert (
        "Ray's head did not let this worker join within 1 s. To wait longer" in output
    )


def test_how_long_a_worker_waits_for_its_head_is_the_jobs_to_say(wrapper):
    (wrapper.packages / "ray").mkdir()
    (wrapper.packages / "ray" / "__init__.py").touch()
    code, output = wrapper(
        "train.py",
        framework="ray",
        MOFANG_LEADER_HOST="127.0.0.1",
        MOFANG_LEADER_PORT="9",
        MOFANG_PEER_TIMEOUT_SECONDS="1",
    )
    assert code == 124
    assert "Waited 1 s for head-0 to listen at 127.0.0.1:9, in vain." in output
    assert (
        "To wait longer, set the variable MOFANG_PEER_TIMEOUT_SECONDS of the job."
        in output
    )


def test_the_spark_workers_that_did_not_come_are_named():
    roles = {"MOFANG_ROLES": '{"driver": 1, "worker": 3}'}
    hosts = {"MOFANG_HOST_TEMPLATES": '{"worker": "s-worker-{index}"}'}
    addresses = {"s-worker-0": "10.0.0.1", "s-worker-1": "10.0.0.2"}
    arrivals = spark.Arrivals(
        settings(**roles, **hosts), resolve=lambda host: addresses.get(host, "")
    )
    assert arrivals.missing == ["worker-0", "worker-1", "worker-2"]
    arrivals.note({"10.0.0.1"})
    assert arrivals.missing == ["worker-1", "worker-2"]
    addresses["s-worker-2"] = "10.0.0.3"
    arrivals.note({"10.0.0.1", "10.0.0.3"})
    assert arrivals.missing == ["worker-1"]


def test_a_spark_master_is_not_called_at_the_port_that_it_logs():
    head = spark.master_of(settings(MOFANG_LEADER_HOST="d-driver-0"))
    assert head.address == "d-driver-0:7077"
    assert head.health_port == spark.MASTER_PAGES


@pytest.mark.parametrize("framework", ["spark", "ray"])
def test_an_image_without_the_framework_is_named_as_the_cause(wrapper, framework):
    """A folder that happens to have its name is not it."""
    (wrapper.packages / framework).mkdir()
    code, output = wrapper(
        wrapper.script(""),
        framework=framework,
        SPARK_HOME=str(wrapper.home / "nowhere"),
    )
    assert code == 127
    assert "is not installed for" in output


def test_a_job_without_a_run_directory_cannot_use_mpi(wrapper):
    code, output = wrapper(wrapper.script(""), framework="mpi")
    assert code == 2
    assert "MOFANG_RENDEZVOUS_DIRECTORY" in output


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        pytest.param({"cpu.max": "150000 100000"}, 2, id="version 2"),
        pytest.param(
            {"cpu/cpu.cfs_quota_us": "50000", "cpu/cpu.cfs_period_us": "100000"},
            1,
            id="version 1",
        ),
        pytest.param({"cpu.max": "max 100000"}, None, id="no limit"),
        pytest.param({}, None, id="no groups"),
    ],
)
def test_cores_are_those_of_the_container(tmp_path, files, wanted):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"{text}\n")
    available = len(os.sched_getaffinity(0))
    assert cores(tmp_path) == min(available, wanted or available)


def test_memory_is_that_of_the_container(tmp_path):
    machine = memory_bytes(tmp_path)
    (tmp_path / "memory.max").write_text("1073741824\n")
    assert memory_bytes(tmp_path) == 1024**3
    (tmp_path / "memory.max").write_text("max\n")
    assert memory_bytes(tmp_path) == machine


def test_the_own_address_is_one_that_can_be_called():
    parts = own_address().ip.split(".")
    assert len(parts) == 4
