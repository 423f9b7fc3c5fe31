import json
import os
import re
import time
from pathlib import Path

import pytest

from mofang_run import debug_hold
from mofang_run.job.replica import ReplicaContext
from mofang_run.job.settings import RunSettings
from mofang_run.process.output import ReplicaOutput
from mofang_run.process.signals import SignalPipe


@pytest.fixture
def mark(wrapper):
    return wrapper.log.with_suffix(".held.json")


def test_a_failed_replica_is_kept_until_told_to_end(wrapper, mark, eventually):
    script = wrapper.script("print('the cause'); raise SystemExit(3)")
    with wrapper.start(script, MOFANG_HOLD_MINUTES="5") as process:
        eventually(mark.exists)
        kept = json.loads(mark.read_text())
        process.terminate()
        output = process.stdout.read().decode()
    assert process.returncode == 3
    assert kept["exit_code"] == 3
    assert "the cause" in kept["termination_message"]
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    assert re.fullmatch(stamp, kept["held_until"])
    assert kept["ended"] < kept["held_until"]
    assert f"worker-0 is held until {kept['held_until']}" in output
    assert "No longer held: terminated." in output
    assert not mark.exists()


def test_the_time_ends_by_itself(tmp_path):
    log = tmp_path / "worker-0.log"
    settings = RunSettings.from_environment(
        {"MOFANG_HOLD_MINUTES": "1", "MOFANG_LOG_FILE": str(log)}
    )
    with Path(os.devnull).open("wb") as sink, SignalPipe() as signals:
        output = ReplicaOutput(sink.fileno(), settings.log_file)
        replica = ReplicaContext(settings, {}, signals, output)
        debug_hold.hold_for_debugging(replica, 3, minute=0.05)
        output.close()
    assert [path.name for path in tmp_path.iterdir()] == ["worker-0.log"]
    assert "No longer held: the time is over." in log.read_text()


def no_script(wrapper):
    return "gone.py", {}


def no_command(wrapper):
    return "no-such", {"flags": ("--command",)}


def no_directory(wrapper):
    return "a.py", {"MOFANG_WORKING_DIRECTORY": str(wrapper.home / "nowhere")}


def no_packages(wrapper):
    (wrapper.home / "wanted.txt").write_text("--no-such-option\n")
    return "a.py", {
        "MOFANG_REQUIREMENTS": str(wrapper.home / "wanted.txt"),
        "MOFANG_CACHE_DIRECTORY": str(wrapper.home / "cache"),
    }


@pytest.mark.parametrize(
    ("order", "code", "cause"),
    [
        (no_script, 127, "gone.py"),
        (no_command, 127, "no-such"),
        (no_directory, 2, "cannot be entered"),
        (no_packages, 126, "wanted.txt"),
    ],
)
def test_a_command_that_was_never_started_is_kept_too(
    wrapper, mark, eventually, order, code, cause
):
    """These failures most need a look, and their container is where to look."""
    word, options = order(wrapper)
    with wrapper.start(
        word, framework="single", MOFANG_HOLD_MINUTES="5", **options
    ) as process:
        eventually(mark.exists)
        kept = json.loads(mark.read_text())
        start = time.monotonic()
        process.terminate()
        output = process.stdout.read().decode()
    assert process.returncode == code
    assert time.monotonic() - start < 60
    assert kept["exit_code"] == code
    assert cause in kept["termination_message"]
    assert f"worker-0 ended with exit code {code}." in output
    assert "No longer held: terminated." in output
    assert cause in wrapper.termination_log.read_text()
    assert not mark.exists()


def test_who_was_told_to_end_before_the_command_is_not_kept(wrapper):
    with wrapper.start(
        wrapper.script(""),
        MOFANG_ROLE_REPLICAS="2",
        MOFANG_LEADER_HOST="worker-0.invalid",
        MOFANG_HOLD_MINUTES="5",
    ) as process:
        assert b"Waiting for worker-0.invalid" in process.stdout.readline()
        process.terminate()
        output = process.stdout.read().decode()
    assert process.returncode == 143
    assert "Stopped by SIGTERM before the command was started." in output
    assert "is kept" not in output


def test_who_was_told_to_end_is_not_kept(wrapper):
    script = wrapper.script("print('ready'); __import__('time').sleep(60)")
    start = time.monotonic()
    with wrapper.start(script, MOFANG_HOLD_MINUTES="5") as process:
        while b"ready" not in process.stdout.readline():
            pass
        process.terminate()
        output = process.stdout.read().decode()
    assert process.returncode == 143
    assert "is kept" not in output
    assert time.monotonic() - start < 30


def test_success_is_not_kept(wrapper):
    code, output = wrapper(wrapper.script(""), MOFANG_HOLD_MINUTES="5")
    assert code == 0
    assert "is kept" not in output


def test_a_second_attempt_says_so_first(wrapper):
    _, output = wrapper(wrapper.script(""), MOFANG_ATTEMPT="2")
    assert "Attempt 2 of worker-0 on cpu-1." in output.splitlines()[0]


def test_a_first_attempt_does_not(wrapper):
    _, output = wrapper(wrapper.script(""))
    assert "Attempt" not in output
