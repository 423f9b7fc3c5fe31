import json
import sys
from string import Template

import pytest

from mofang.job_variables import variables_file, write_variables
from mofang_api.models import JobSpec
from mofang_training.kernelspecs import EnvironmentKernelSpecManager

REST = ["-m", "ipykernel_launcher", "-f", "{connection_file}"]
LAUNCHED = [sys.executable, "-I", "-m", "mofang_run.environments.kernel", *REST]


@pytest.fixture
def argv_of(tmp_path, monkeypatch):
    """Install a kernel that is started by a program; return how it is started."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MOFANG_ENVIRONMENT", "pytorch")

    def ask(program: str) -> list[str]:
        folder = tmp_path / "kernels" / "some"
        folder.mkdir(parents=True)
        spec = {"argv": [program, *REST], "display_name": "Some", "language": "python"}
        (folder / "kernel.json").write_text(json.dumps(spec))
        manager = EnvironmentKernelSpecManager(kernel_dirs=[str(tmp_path / "kernels")])
        return manager.get_kernel_spec("some").argv

    return ask


@pytest.mark.parametrize("program", ["python", "python3", sys.executable])
def test_kernels_of_the_image_are_started_with_the_persons_packages(argv_of, program):
    assert argv_of(program) == LAUNCHED


def test_a_kernel_that_was_installed_from_there_is_started_so_too(argv_of, tmp_path):
    python = tmp_path / ".mofang" / "environments" / "pytorch" / "bin" / "python3.13"
    assert argv_of(str(python)) == LAUNCHED


@pytest.mark.parametrize("program", ["/home/ada/mine/bin/python", "bash", "ir"])
def test_other_kernels_are_left_as_they_are(argv_of, program):
    assert argv_of(program) == [program, *REST]


def test_the_kernel_that_jupyter_has_of_itself_is_started_so_too(tmp_path):
    manager = EnvironmentKernelSpecManager(kernel_dirs=[])
    argv = manager.get_kernel_spec("python3").argv
    assert argv[:4] == LAUNCHED[:4]
    assert argv[-1] == "{connection_file}"


@pytest.mark.parametrize("program", ["python3", "ir"])
def test_kernels_of_a_server_that_looks_into_a_job_have_its_variables(
    argv_of, tmp_path, monkeypatch, program
):
    """As the provisioner would start them: values with a dollar sign stay so."""
    monkeypatch.setenv("MOFANG_DEBUG_JOB", "train-abc123")
    variables = {"LEVEL": "$HOME ${HOME} $$", "OWN": "job's"}
    spec = JobSpec(name="train", image="base:1", script="train.py", env=variables)
    write_variables(spec, variables_file("train-abc123", tmp_path))
    argv_of(program)
    path = tmp_path / "kernels" / "some" / "kernel.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "env": {"OWN": "its"}}))
    manager = EnvironmentKernelSpecManager(
        kernel_dirs=[str(tmp_path / "kernels")], job_directory=str(tmp_path)
    )

    env = manager.get_kernel_spec("some").env

    values = {
        name: Template(text).safe_substitute({"HOME": "/x"})
        for name, text in env.items()
    }
    assert values == {"LEVEL": "$HOME ${HOME} $$", "OWN": "its"}


def test_other_servers_leave_kernels_their_variables(argv_of, tmp_path, monkeypatch):
    monkeypatch.delenv("MOFANG_DEBUG_JOB", raising=False)
    argv_of("python3")
    manager = EnvironmentKernelSpecManager(kernel_dirs=[str(tmp_path / "kernels")])

    assert manager.get_kernel_spec("some").env == {}
