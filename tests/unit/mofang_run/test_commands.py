import json
import re
import subprocess
import sys

import pytest

from support.client_packages import RUNNER


def torchrun_arguments(output: str) -> list[str]:
    line = next(x for x in output.splitlines() if x.startswith("TORCHRUN"))
    return json.loads(line.removeprefix("TORCHRUN"))


def test_torchrun_is_told_the_place_of_this_node(wrapper):
    script = wrapper.script("import sys; print('got', sys.argv[1:])")
    code, output = wrapper(
        script,
        "--epochs",
        "3",
        "--",
        "--framework",
        MOFANG_ROLE_REPLICAS="2",
        MOFANG_REPLICA_INDEX="1",
        MOFANG_LEADER_HOST="localhost",
        MOFANG_LEADER_PORT="23456",
        MOFANG_PROCESSES_PER_REPLICA="4",
    )
    assert code == 0
    options = "--nnodes 2 --nproc_per_node 4 --node_rank 1 --master_addr localhost"
    assert torchrun_arguments(output) == [
        *options.split(),
        "--master_port",
        "23456",
        *("--monitor_interval", "0.5"),
        "./train.py",
        *("--epochs", "3", "--", "--framework"),
    ]
    assert "got ['--epochs', '3', '--', '--framework']" in output


def test_a_single_node_needs_no_name_of_a_master(wrapper):
    """One replica must start although the cluster's DNS is not there."""
    code, output = wrapper(wrapper.script(""), MOFANG_LEADER_HOST="nowhere.invalid")
    assert code == 0
    assert "127.0.0.1" in torchrun_arguments(output)


def test_an_executable_that_is_not_python_is_run_as_it_is(wrapper):
    script = wrapper.script("#!/bin/sh\necho shell says $1\n", "train.sh")
    (wrapper.home / script).chmod(0o755)
    code, output = wrapper(script, "hello")
    assert code == 0
    assert "shell says hello" in output


def test_a_single_command_runs_without_torch(wrapper):
    code, output = wrapper(
        "sh", "-c", "pwd; echo $PWD", framework="single", flags=("--command",)
    )
    assert code == 0
    assert output.count(f"{wrapper.home}\n") == 2
    assert "TORCHRUN" not in output


def test_start_and_end_are_recorded_with_time_replica_node_and_code(wrapper):
    _, output = wrapper(wrapper.script("raise SystemExit(3)"))
    first, *_, last = output.splitlines()
    time = r"\[Mofang\] \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    assert re.fullmatch(rf"{time} worker-0 started on cpu-1: .*train\.py", first)
    assert re.fullmatch(rf"{time} worker-0 ended with exit code 3 after .* s\.", last)


@pytest.mark.parametrize(
    ("script", "code", "says"),
    [
        pytest.param("absent.py", 127, "There is no script absent.py", id="missing"),
        pytest.param(".", 126, ". is not a file", id="a directory"),
        pytest.param("x" * 5000, 126, "File name too long", id="not a path"),
    ],
)
def test_a_script_that_cannot_run_is_told_before_torch_starts(
    wrapper, script, code, says
):
    ended, output = wrapper(script)
    assert ended == code
    assert says in output
    assert "TORCHRUN" not in output
    assert all(line.startswith("[Mofang] ") for line in output.splitlines())
    assert f"exit code {code}" in wrapper.termination_log.read_text()


def test_an_image_without_torch_is_named_as_the_cause(wrapper):
    (wrapper.packages / "torch").rename(wrapper.packages / "other")
    code, output = wrapper(wrapper.script(""))
    assert code == 127
    assert "PyTorch is not installed" in output


def test_a_command_that_is_not_there_ends_with_127(wrapper):
    code, output = wrapper("no-such-program", framework="single", flags=("--command",))
    assert code == 127
    assert "no-such-program cannot be started" in output


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({"MOFANG_ROLE_REPLICAS": "two"}, id="no number"),
        pytest.param(
            {"MOFANG_ROLE_REPLICAS": "2"}, id="several nodes without a master"
        ),
        pytest.param({"MOFANG_REPLICA_INDEX": "1"}, id="an index beyond the nodes"),
        pytest.param({"MOFANG_LEADER_PORT": "65536"}, id="no port"),
        pytest.param({"MOFANG_WORKING_DIRECTORY": "/nowhere"}, id="no directory"),
    ],
)
def test_wrong_settings_are_one_sentence_and_exit_code_2(wrapper, variables):
    code, output = wrapper(wrapper.script(""), **variables)
    assert code == 2
    assert all(line.startswith("[Mofang] ") for line in output.splitlines())


def test_nothing_to_run_is_a_usage_error(wrapper):
    code, output = wrapper()
    assert code == 2
    assert "give the script after --" in output


def test_the_wrapper_needs_the_standard_library_only():
    """It is copied into images that hold nothing else."""
    command = "import sys, mofang_run.main; print(*sorted(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-S", "-c", command],
        env={"PYTHONPATH": RUNNER},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.partition(".")[0] for name in result.stdout.split()}
    assert loaded - {"mofang_run", "__main__"} <= sys.stdlib_module_names | {
        name for name in loaded if name.startswith("_")
    }


def test_a_path_of_the_users_does_not_hide_what_starts_the_job(wrapper):
    script = wrapper.script("import os; print('path', os.environ['PATH'])")
    code, output = wrapper(script, PATH=f"{wrapper.home}/bin:/usr/bin:/bin")
    assert code == 0, output
    assert f"path {wrapper.home}/bin:/usr/bin:/bin" in output


def test_a_script_may_be_named_from_the_home(wrapper):
    wrapper.script("print('found')")
    home = {"MOFANG_HOME": str(wrapper.home), "MOFANG_WORKING_DIRECTORY": "/"}
    code, output = wrapper("~/train.py", **home)
    assert code == 0, output
    assert "found" in output
