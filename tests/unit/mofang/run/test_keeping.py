import json
import os
import re
import time
from pathlib import Path

import pytest

from mofang.run import keeping
from mofang.run.output import Output
from mofang.run.replica import Replica
from mofang.run.settings import RunSettings
from mofang.run.signals import SignalPipe


@pytest.fixture
def mark(wrapper):
    return wrapper.log.with_suffix(".kept.json")


def test_a_failed_replica_is_kept_until_told_to_end(wrapper, mark, eventually):
    script = wrapper.script("print('the cause'); raise SystemExit(3)")
    with wrapper.start(script, MOFANG_KEEP_MINUTES="5") as process:
        eventually(mark.exists)
        kept = json.loads(mark.read_text())
        process.terminate()
        output = process.stdout.read().decode()
    assert process.returncode == 3
    assert kept["exit_code"] == 3
    assert "the cause" in kept["cause"]
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    assert re.fullmatch(stamp, kept["until"])
    assert kept["ended"] < kept["until"]
    assert f"worker-0 is kept until {kept['until']}" in output
    assert "No longer kept: told to end." in output
    assert not mark.exists()


def test_the_time_ends_by_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(keeping, "MINUTE", 0.05)
    log = tmp_path / "worker-0.log"
    settings = RunSettings.from_environment(
        {"MOFANG_KEEP_MINUTES": "1", "MOFANG_LOG_FILE": str(log)}
    )
    with Path(os.devnull).open("wb") as sink, SignalPipe() as signals:
        output = Output(sink.fileno(), settings.log_file)
        keeping.keep(Replica(settings, {}, signals, output), 3)
        output.close()
    assert [path.name for path in tmp_path.iterdir()] == ["worker-0.log"]
    assert "No longer kept: the time is over." in log.read_text()


def test_who_was_told_to_end_is_not_kept(wrapper):
    script = wrapper.script("print('ready'); __import__('time').sleep(60)")
    start = time.monotonic()
    with wrapper.start(script, MOFANG_KEEP_MINUTES="5") as process:
        while b"ready" not in process.stdout.readline():
            pass
        process.terminate()
        output = process.stdout.read().decode()
    assert process.returncode == 143
    assert "is kept" not in output
    assert time.monotonic() - start < 30


def test_success_is_not_kept(wrapper):
    code, output = wrapper(wrapper.script(""), MOFANG_KEEP_MINUTES="5")
    assert code == 0
    assert "is kept" not in output


def test_a_second_attempt_says_so_first(wrapper):
    _, output = wrapper(wrapper.script(""), MOFANG_ATTEMPT="2")
    assert "Attempt 2 of worker-0 on cpu-1." in output.splitlines()[0]


def test_a_first_attempt_does_not(wrapper):
    _, output = wrapper(wrapper.script(""))
    assert "Attempt" not in output
