"""A server in the place of a job: its directory, and for its owner more."""

import shlex
import subprocess
from pathlib import Path

import pytest
from unit.mofang.fake_service import FakeService

from mofang.debug import directory_options, job_command, main, prepare, write_script
from mofang_api.models import Job, JobSpec

HOSTILE = "a b'; echo $(id) \"`id`\n"


def make_spec(**asked: object) -> JobSpec:
    basis = {"name": "train", "image": "mofang/base:1", "script": "train.py"}
    return JobSpec.model_validate({**basis, **asked})


def make_job(**asked: object) -> Job:
    return Job.model_validate(
        {
            "id": "train-abc123",
            "project": "vision",
            "owner": "ada",
            "spec": make_spec(**asked),
            "state": "Failed",
            "created": "2026-01-01T00:00:00Z",
        }
    )


def test_the_command_is_the_jobs() -> None:
    spec = make_spec(
        inputs=[{"name": "data_url", "path": "/global/d", "pass_as": "environment"}],
        outputs=[{"name": "train_url", "path": "/projects/vision/o"}],
        hyperparameters={"lr": 0.1},
        flags=["no-cuda"],
    )
    assert job_command(spec) == [
        "python3",
        "train.py",
        "--lr=0.1",
        "--no-cuda",
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


def test_the_script_has_all_variables_of_the_job(tmp_path: Path) -> None:
    """It is a process of its own, in which they can change nothing else."""
    spec = make_spec(
        script="",
        command=["bash", "-c", 'printf "%s|%s" "$LEVEL" "$PYTHONPATH"'],
        env={"LEVEL": HOSTILE, "PYTHONPATH": "src"},
        working_directory=str(tmp_path),
    )
    path = tmp_path / "job.sh"
    write_script(spec, path)

    done = subprocess.run(
        ["bash", str(path)], capture_output=True, text=True, check=False
    )

    assert done.stdout == f"{HOSTILE}|src"


def test_a_directory_that_is_gone_is_not_opened(tmp_path: Path) -> None:
    assert directory_options(make_spec(working_directory="/not/there")) == []
    here = make_spec(working_directory=str(tmp_path))
    assert directory_options(here) == [
        "--ServerApp.root_dir=/",
        f"--ServerApp.preferred_dir={tmp_path}",
    ]


def test_the_owner_gets_variables_and_command(tmp_path: Path) -> None:
    job = make_job(env={"LEVEL": "1"}, working_directory=str(tmp_path))

    options = prepare(job, "ada", tmp_path)

    assert options[-1] == f"--ServerApp.preferred_dir={tmp_path}"
    assert (tmp_path / "train-abc123.env").read_text() == "export LEVEL=1\n"
    assert "train.py" in (tmp_path / "train-abc123.sh").read_text()


@pytest.mark.parametrize("user", ["ben", "", "Ada"])
def test_others_get_the_directory_alone(
    tmp_path: Path, user: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a colleague wrote must not run with one's own rights."""
    job = make_job(env={"LEVEL": "1"}, working_directory=str(tmp_path))

    options = prepare(job, user, tmp_path)

    assert options[-1] == f"--ServerApp.preferred_dir={tmp_path}"
    assert list(tmp_path.iterdir()) == []
    assert "train-abc123 is the job of ada" in capsys.readouterr().err


def test_a_full_scratch_does_not_keep_the_server_from_starting(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare(make_job(), "ada", tmp_path / "missing")

    assert "cannot be written" in capsys.readouterr().err


def test_the_servers_own_process_gets_no_variable_of_the_job(
    service: FakeService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds its user's token, and loads what variables may name."""
    started: list[object] = []
    job = make_job(env={"LEVEL": "1"}, working_directory=str(tmp_path))
    service.add(job)
    monkeypatch.setenv("MOFANG_DEBUG_JOB", job.id)
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    monkeypatch.setattr("os.execvp", lambda *given: started.append(given))
    monkeypatch.setattr("os.execvpe", lambda *given: pytest.fail("with variables"))

    main(
        ["jupyterhub-singleuser", "--port", "8888"],
        connect=service.connect,
        scratch=tmp_path,
    )

    assert started == [
        (
            "jupyterhub-singleuser",
            [
                *("jupyterhub-singleuser", "--port", "8888"),
                "--ServerApp.root_dir=/",
                f"--ServerApp.preferred_dir={tmp_path}",
            ],
        )
    ]
    assert (tmp_path / "train-abc123.env").exists()
