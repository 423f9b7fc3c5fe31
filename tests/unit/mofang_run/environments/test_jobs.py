"""Jobs and kernels of an environment use the packages of its person."""

import json
import subprocess

import pytest

SHOW = "import sys, cubes; print('cubes', cubes.version, 'by', sys.executable)"


@pytest.fixture
def job(person, tmp_path):
    """Run a job of the person's; return its whole log."""

    def run(script: str = SHOW, **variables: str) -> str:
        (person.home / "train.py").write_text(script)
        ended = subprocess.run(
            [
                *(person.image.python, "-m", "mofang_run.main"),
                *("--framework", "single", "--", "train.py"),
            ],
            env=person.variables
            | person.offline
            | {
                "MOFANG_JOB_ID": "digits-abc123",
                "MOFANG_WORKING_DIRECTORY": str(person.home),
                "MOFANG_CACHE_DIRECTORY": str(tmp_path / "cache"),
                "MOFANG_TERMINATION_LOG": "/dev/null",
                **variables,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout
        return ended.stdout

    return run


def test_a_job_has_what_the_notebook_has(person, job):
    person.create()
    person.run("pip install -q spheres")
    python = f"{person.directory}/bin/python"
    output = job()
    assert f"cubes 3.0 by {python}" in output
    says = "with your packages of the environment pytorch (1 added, 1 changed)"
    assert f"Python is {python}, {says}." in output
    output = job("import subprocess; subprocess.run(['cubes'], check=True)")
    assert "cubes 3.0" in output


def test_a_jobs_own_requirements_go_on_top(person, job):
    person.create()
    person.run("pip install -q spheres; pip uninstall -qy rings")
    (person.home / "requirements.txt").write_text("cubes==1.0\n")
    output = job(
        f"{SHOW}; import spheres; import importlib.util as u; "
        "print('rings', u.find_spec('rings'))",
        MOFANG_REQUIREMENTS="requirements.txt",
    )
    assert "cubes 1.0 by " in output
    assert "rings None" in output
    assert person.changes()["cubes"] == ("changed", "2.0", "3.0")


def test_a_directory_without_changes_is_not_needed(person, job):
    """Its links on shared storage are slower than the image's own files."""
    person.create()
    output = job()
    assert f"cubes 2.0 by {person.image.python}" in output
    assert f"Python is {person.image.python}, with the image's packages." in output
    (person.site / "mine.py").write_text("x = 1\n")
    assert f"by {person.directory}/bin/python" in job(f"{SHOW}; import mine")


def test_a_person_without_a_directory_has_the_packages_of_the_image(person, job):
    output = job()
    assert "cubes 2.0 by " in output
    assert "with the image's packages." in output
    assert not person.directory.exists()
    assert "Python is" not in job(MOFANG_ENVIRONMENT="")


def test_a_directory_of_another_image_is_not_used_and_stays(person, job):
    person.create()
    person.run("pip install -q cubes==3.0")
    person.image.install(person.wheels / "rings-3.0-py3-none-any.whl")
    output = job()
    assert "cubes 2.0 by " in output
    assert "were made for another image" in output
    assert person.changes()["cubes"] == ("changed", "2.0", "3.0")


@pytest.fixture
def started(person):
    """Start a kernel; return the command and the variables that it becomes."""

    def start() -> tuple[list[str], dict[str, str], str]:
        command = "import json, os; from mofang_run.environments import kernel\n"
        command += "os.execve = lambda *words: print(json.dumps(words))\n"
        command += "kernel.main(['-m', 'ipykernel_launcher', '-f', 'c.json'])\n"
        ended = subprocess.run(
            [person.image.python, "-c", command],
            env=person.variables,
            capture_output=True,
            text=True,
            check=True,
        )
        _, arguments, variables = json.loads(ended.stdout)
        return arguments, variables, ended.stderr

    return start


def test_a_kernel_runs_in_the_environment(person, started):
    """Created by the first kernel if the server has not done so yet."""
    (person.image.site / "ipykernel").mkdir()
    (person.image.site / "ipykernel" / "__init__.py").touch()
    arguments, variables, _ = started()
    python = f"{person.directory}/bin/python"
    assert arguments == [python, "-P", "-m", "ipykernel_launcher", "-f", "c.json"]
    assert variables["PATH"].startswith(f"{person.directory}/bin:")
    assert variables["VIRTUAL_ENV"] == str(person.directory)
    assert variables["PYTHONUSERBASE"] == str(person.directory)


def test_a_kernel_that_cannot_run_there_runs_from_the_image(person, started):
    person.command("prepare")
    arguments, variables, says = started()
    assert arguments[0] == str(person.image.python)
    assert "ipykernel was removed" in says
    assert variables["PYTHONNOUSERSITE"] == "1"
    assert "VIRTUAL_ENV" not in variables


def test_a_shell_in_a_job_has_what_the_job_has(person):
    person.create()
    in_job = {"MOFANG_JOB_ID": "digits-abc123"}
    assert "VIRTUAL_ENV" not in person.command("shell", **in_job).stdout
    person.run("pip install -q cubes==3.0")
    shell = person.command("shell", **in_job).stdout
    assert f"export VIRTUAL_ENV={person.directory}\n" in shell
