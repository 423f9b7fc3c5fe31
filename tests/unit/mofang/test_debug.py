"""A server in the place of a job: its variables, its directory, its command."""

import shlex
import subprocess
from pathlib import Path

from mofang.debug import directory_option, job_command, job_environment, write_script
from mofang.models import JobSpec

HOSTILE = "a b'; echo $(id) \"`id`\n"


def make_spec(**asked: object) -> JobSpec:
    basis = {"name": "train", "image": "mofang/base:1", "script": "train.py"}
    return JobSpec.model_validate({**basis, **asked})


def test_variables_and_places_are_the_jobs() -> None:
    spec = make_spec(
        environment={"LEVEL": "1", "PATH": "/evil"},
        inputs=[{"name": "data_url", "path": "/global/d", "deliver": "environment"}],
        outputs=[{"name": "train_url", "path": "/projects/vision/o"}],
        hyperparameters={"lr": 0.1},
    )
    assert job_environment(spec) == {"LEVEL": "1", "DATA_URL": "/global/d"}
    assert job_command(spec) == [
        "python3",
        "train.py",
        "--lr=0.1",
        "--train_url=/projects/vision/o",
    ]


def test_the_script_runs_the_command_and_reads_nothing_of_the_users(
    tmp_path: Path,
) -> None:
    spec = make_spec(
        script="",
        command=["printf", "%s|", HOSTILE],
        working_directory=str(tmp_path),
    )
    path = tmp_path / "job.sh"
    write_script(spec, path)

    done = subprocess.run(
        ["bash", str(path), "more"], capture_output=True, text=True, check=True
    )

    assert done.stdout == f"{HOSTILE}|more|"
    assert shlex.quote(HOSTILE) in path.read_text()


def test_a_directory_that_is_gone_is_not_opened(tmp_path: Path) -> None:
    assert directory_option(make_spec(working_directory="/not/there")) == []
    here = make_spec(working_directory=str(tmp_path))
    assert directory_option(here) == [f"--ServerApp.preferred_dir={tmp_path}"]
