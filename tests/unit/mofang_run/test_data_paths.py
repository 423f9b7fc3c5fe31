import json
import signal

import pytest

SHOW = (
    "import json, os, sys; print('GOT', json.dumps([sys.argv[1:], dict(os.environ)]))"
)


def got(output: str) -> tuple[list[str], dict[str, str]]:
    line = next(x for x in output.splitlines() if x.startswith("GOT "))
    return json.loads(line.removeprefix("GOT "))


def data_paths(*wanted: dict[str, object]) -> str:
    return json.dumps([{"kind": "output", "pass_as": "parameter", **p} for p in wanted])


@pytest.fixture
def run(wrapper, tmp_path):
    def run(script, *arguments, **variables):
        return wrapper(
            wrapper.script(script),
            *arguments,
            framework="single",
            **{"MOFANG_CACHE_DIRECTORY": str(tmp_path / "cache"), **variables},
        )

    return run


def test_hyper_parameters_follow_the_arguments(run):
    parameters = {"lr": 1e-05, "epochs": 3, "fast": True, "name": "two words"}
    _, output = run(SHOW, "--own", MOFANG_HYPERPARAMETERS=json.dumps(parameters))
    wanted = ["--own", "--lr=1e-05", "--epochs=3", "--fast=true", "--name=two words"]
    assert got(output)[0] == wanted


def test_places_are_delivered_as_the_job_says(run, tmp_path):
    (tmp_path / "data").mkdir()
    wanted = data_paths(
        {"kind": "input", "name": "data_url", "path": str(tmp_path / "data")},
        {
            "name": "train_url",
            "path": str(tmp_path / "a" / "out"),
            "pass_as": "environment",
        },
    )
    _, output = run(SHOW, MOFANG_DATA_PATHS=wanted)
    arguments, environment = got(output)
    assert arguments == [f"--data_url={tmp_path}/data"]
    assert environment["TRAIN_URL"] == f"{tmp_path}/a/out"
    assert (tmp_path / "a" / "out").is_dir()


def test_an_input_that_is_not_there_is_told_before_anything_runs(run, tmp_path):
    wanted = data_paths(
        {"kind": "input", "name": "data_url", "path": str(tmp_path / "gone")}
    )
    code, output = run(SHOW, MOFANG_DATA_PATHS=wanted)
    assert code == 127
    assert "The input data_url is not there" in output
    assert "GOT" not in output


def test_an_output_that_cannot_be_made_is_told(run, tmp_path):
    (tmp_path / "file").touch()
    wanted = data_paths({"name": "train_url", "path": str(tmp_path / "file" / "out")})
    code, output = run(SHOW, MOFANG_DATA_PATHS=wanted)
    assert code == 126
    assert "of the output train_url cannot be made" in output


class Staged:
    def __init__(self, tmp_path, **flags):
        self.target = tmp_path / "out"
        self.source = tmp_path / "cache" / "outputs" / "train_url"
        self.variables = {
            "MOFANG_DATA_PATHS": data_paths(
                {
                    "name": "train_url",
                    "path": str(self.target),
                    "pass_as": "environment",
                    "staged": True,
                    **flags,
                }
            )
        }

    def files(self) -> dict[str, str]:
        return {
            str(path.relative_to(self.target)): path.read_text()
            for path in self.target.rglob("*")
            if path.is_file()
        }


WRITE = """
import os, pathlib, sys
out = pathlib.Path(os.environ["TRAIN_URL"])
(out / "deep").mkdir(exist_ok=True)
(out / "deep" / "model").write_text("weights")
(out / "latest").symlink_to(out / "deep" / "model")
print("IN", out, sorted(p.name for p in out.iterdir()))
sys.exit(int(sys.argv[1]))
"""


@pytest.mark.parametrize("ends", [0, 3])
def test_a_staged_output_is_in_its_place_at_the_end_also_after_a_failure(
    run, tmp_path, ends
):
    staged = Staged(tmp_path)
    code, output = run(WRITE, str(ends), **staged.variables)
    assert code == ends
    assert f"IN {staged.source}" in output
    assert staged.files() == {"deep/model": "weights", "latest": "weights"}
    assert str((staged.target / "latest").readlink()) == str(
        staged.target / "deep/model"
    )
    assert "Copied the output train_url" in output


def test_what_lay_there_stays_and_is_not_loaded_unasked(run, tmp_path):
    staged = Staged(tmp_path)
    staged.target.mkdir()
    (staged.target / "old").write_text("kept")
    _, output = run(WRITE, "0", **staged.variables)
    assert "'old'" not in output
    assert staged.files()["old"] == "kept"


@pytest.mark.parametrize(
    ("flags", "attempt"),
    [
        pytest.param({"preload": True}, "1", id="asked for"),
        pytest.param({}, "2", id="a second attempt"),
    ],
)
def test_what_lay_there_is_loaded_to_resume_from(run, tmp_path, flags, attempt):
    staged = Staged(tmp_path, **flags)
    staged.target.mkdir()
    (staged.target / "old").write_text("kept")
    before = (staged.target / "old").stat()
    _, output = run(WRITE, "0", MOFANG_ATTEMPT=attempt, **staged.variables)
    assert "'old'" in output
    assert "Loaded 1 files" in output
    # What did not change is not copied back.
    assert (staged.target / "old").stat().st_ino == before.st_ino


@pytest.mark.parametrize(
    ("flags", "attempt"),
    [
        pytest.param({"preload": True}, "1", id="asked for"),
        pytest.param({}, "2", id="a second attempt"),
    ],
)
def test_without_what_to_resume_from_nothing_is_started(run, tmp_path, flags, attempt):
    """It would begin anew, and staging would copy that over the good files."""
    staged = Staged(tmp_path, **flags)
    (staged.target / "deep").mkdir(parents=True)
    (staged.target / "deep" / "model").write_text("trained")
    (staged.target / "log").write_text("lines")
    (staged.source / "deep" / "model").mkdir(parents=True)
    code, output = run(WRITE, "0", MOFANG_ATTEMPT=attempt, **staged.variables)
    assert code == 126
    assert "deep/model could not be copied" in output
    assert "The command was not started" in output
    assert "IN " not in output
    assert "Loaded" not in output
    assert staged.files() == {"deep/model": "trained", "log": "lines"}


def test_a_directory_that_cannot_be_loaded_is_told(run, tmp_path):
    staged = Staged(tmp_path, preload=True)
    (staged.target / "deep").mkdir(parents=True)
    staged.source.mkdir(parents=True)
    (staged.source / "deep").touch()
    code, output = run(WRITE, "0", **staged.variables)
    assert code == 126
    assert f"{staged.target}/deep could not be copied" in output


STUBBORN = """
import os, pathlib, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
out = pathlib.Path(os.environ["TRAIN_URL"])
(out / "checkpoint").write_text("saved")
print("ready")
time.sleep(60)
"""


def test_a_command_that_ignores_sigterm_still_gets_its_files_copied(
    wrapper, tmp_path, eventually
):
    """It will be killed at the end of the grace period, and we with it."""
    staged = Staged(tmp_path)
    with wrapper.start(
        wrapper.script(STUBBORN),
        framework="single",
        MOFANG_CACHE_DIRECTORY=str(tmp_path / "cache"),
        **staged.variables,
    ) as process:
        while b"ready" not in process.stdout.readline():
            pass
        assert staged.files() == {}
        process.send_signal(signal.SIGTERM)
        eventually(lambda: staged.files() == {"checkpoint": "saved"})
        process.send_signal(signal.SIGUSR1)
        process.stdout.read()


def test_a_command_that_saves_on_sigterm_gets_that_copied(wrapper, tmp_path):
    staged = Staged(tmp_path)
    text = STUBBORN.replace(
        "signal.SIG_IGN", "lambda *_: ((out / 'last').write_text('saved'), exit(7))"
    )
    with wrapper.start(
        wrapper.script(text),
        framework="single",
        MOFANG_CACHE_DIRECTORY=str(tmp_path / "cache"),
        **staged.variables,
    ) as process:
        while b"ready" not in process.stdout.readline():
            pass
        process.terminate()
        process.stdout.read()
    assert process.returncode == 7
    assert staged.files() == {"checkpoint": "saved", "last": "saved"}


def test_lost_outputs_are_a_failure(run, tmp_path):
    """A job whose results are nowhere has not succeeded."""
    staged = Staged(tmp_path)
    blocked = f"""
import os, pathlib
out = pathlib.Path(os.environ["TRAIN_URL"])
(out / "model").write_text("weights")
target = pathlib.Path({str(staged.target)!r})
target.rmdir()
target.write_text("in the way")
"""
    code, output = run(blocked, **staged.variables)
    assert code == 1
    assert "could not be copied" in output
    assert "Outputs could not be copied to their place" in output


def test_a_bucket_is_told_to_the_script_and_not_looked_for(run, tmp_path):
    wanted = data_paths(
        {"kind": "input", "name": "data_url", "path": "s3://lake/raw"},
        {"name": "train_url", "path": "s3://lake/run", "pass_as": "environment"},
    )
    _, output = run(SHOW, MOFANG_DATA_PATHS=wanted)
    arguments, environment = got(output)
    assert arguments == ["--data_url=s3://lake/raw"]
    assert environment["TRAIN_URL"] == "s3://lake/run"
    assert not list(tmp_path.glob("**/s3:"))
