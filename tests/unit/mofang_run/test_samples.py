from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from mofang_run.metrics.sample_file import SampleFile, sample_path
from support.client_packages import RUNNER

PERIOD = 0.1

READER = """
import sys, time
sys.stdin = open(__file__)
while True:
    open(__file__).read()
    time.sleep(0.02)
"""


def samples_of(wrapper) -> list[dict]:
    path = sample_path(str(wrapper.log))
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_bytes().splitlines() if line]


@pytest.fixture
def sampled(wrapper, eventually):
    """Run a command until its samples are as wanted; return those before its end."""

    def run(*command: str, until, **variables: str) -> list[dict]:
        variables = {"MOFANG_SAMPLE_SECONDS": str(PERIOD), **variables}
        with wrapper.start(
            *command, framework="single", flags=("--command",), **variables
        ) as process:
            found: list[dict] = []

            def as_wanted() -> bool:
                found[:] = samples_of(wrapper)
                return until(found)

            try:
                eventually(as_wanted)
            finally:
                process.send_signal(signal.SIGTERM)
                process.communicate(timeout=30)
        return found

    return run


def digests(samples: list[dict]) -> list[str]:
    return [each["digest"] for each in samples]


def has_calmed(samples: list[dict], count: int = 8) -> bool:
    """Whether the newest samples say that nothing was moved in between."""
    return len(samples) >= count and len(set(digests(samples)[-count:])) == 1


def is_active(samples: list[dict], count: int = 5, skip: int = 8) -> bool:
    """Whether something was moved between all of the newest samples."""
    newest = digests(samples[skip:])[-count:]
    return len(newest) == len(set(newest)) == count


def test_each_period_leaves_a_line_and_the_end_leaves_the_last(sampled, wrapper):
    sampled("sleep", "60", until=lambda found: len(found) >= 4, MOFANG_ATTEMPT="3")

    found = samples_of(wrapper)
    assert {(each["version"], each["attempt"]) for each in found} == {(1, 3)}
    assert len({each["run_id"] for each in found}) == 1
    assert (
        found[0]["uptime_seconds"]
        < found[1]["uptime_seconds"]
        < found[-1]["uptime_seconds"]
    )
    assert abs(found[-1]["time"] - time.time()) < 30
    assert [each.get("is_last") for each in found] == [None] * (len(found) - 1) + [True]
    assert found[-1]["processes"] == 0


def test_a_silent_process_keeps_its_digest(sampled):
    assert has_calmed(sampled("sleep", "60", until=has_calmed))


def test_an_active_process_never_keeps_its_digest(sampled, wrapper):
    found = sampled(sys.executable, wrapper.script(READER), until=is_active)

    assert found[-1]["io"][0] > found[-5]["io"][0]


def test_output_that_the_wrapper_copies_is_no_io_of_its_own(sampled, wrapper):
    """Only the command's write counts, although the wrapper writes each byte twice."""
    text = "x" * 100_000
    script = wrapper.script(f"import time; print({text!r}, flush=True); time.sleep(60)")

    found = sampled(
        sys.executable,
        script,
        until=lambda found: has_calmed(found) and found[-1]["io"][1] >= len(text),
    )

    assert len(text) < found[-1]["io"][1] < len(text) + 1000


def test_calls_that_move_nothing_are_no_io(sampled, wrapper):
    """Whoever waits for a file to grow reads its end again and again."""
    script = wrapper.script(
        "import time, os\nfile = os.open(os.devnull, os.O_RDONLY)\n"
        "while True:\n    os.read(file, 1)\n    time.sleep(0.01)\n"
    )

    found = sampled(
        sys.executable,
        script,
        until=lambda found: (
            has_calmed(found) and found[-1]["io"][2] > found[-8]["io"][2] > 0
        ),
    )

    assert len(set(digests(found)[-8:])) == 1


def test_one_process_of_a_quiet_tree_that_writes_is_seen(sampled, wrapper):
    script = wrapper.script(
        "import os, time\n"
        "for _ in range(5):\n"
        "    if not os.fork():\n"
        "        time.sleep(60)\n"
        "if not os.fork():\n"
        "    file = os.open(os.devnull, os.O_WRONLY)\n"
        "    while True:\n"
        "        os.write(file, b'.')\n"
        "        time.sleep(0.02)\n"
        "time.sleep(60)\n"
    )

    found = sampled(
        sys.executable,
        script,
        until=lambda found: is_active(found) and found[-5]["processes"] == 7,
    )

    assert {each["processes"] for each in found[-5:]} == {7}


def test_short_lived_processes_are_seen_after_their_end(sampled, wrapper):
    """None of them lives when a sample is taken, most likely, but all of them count."""
    loop = "while sleep 0.03; do head -c 1000 /dev/zero; done"

    found = sampled("bash", "-c", loop, until=is_active)

    sums = [each["io"][1] for each in found]
    assert sums == sorted(sums)
    assert sums[-1] > sums[-5] + 3000


def test_daemons_still_count_when_their_parents_are_gone(sampled, wrapper):
    script = wrapper.script(
        "import os, time\n"
        "if not os.fork():\n"
        "    time.sleep(1)\n"
        "    os.setsid()\n"
        "    if os.fork():\n"
        "        time.sleep(1)\n"
        "        os._exit(0)\n"
        "    time.sleep(3)\n"
        "    file = os.open(os.devnull, os.O_WRONLY)\n"
        "    for _ in range(1500):\n"
        "        os.write(file, b'.')\n"
        "        time.sleep(0.02)\n"
        "    os._exit(0)\n"
        "os.wait()\ntime.sleep(60)\n"
    )

    found = sampled(
        sys.executable,
        script,
        # Before the daemon is one, everything is quiet for a while.
        until=lambda found: any(
            has_calmed(found[:at], 3) and is_active(found[at:], skip=0)
            for at in range(3, len(found))
        ),
    )

    assert found[-1]["processes"] == 2


def test_cpu_time_of_ended_processes_is_kept(sampled, wrapper):
    spin = "import time\nwhile time.process_time() < 0.4: pass"
    command = f"'{sys.executable}' -c '{spin}'; sleep 60"

    found = sampled(
        "bash",
        "-c",
        command,
        until=lambda found: has_calmed(found) and found[-1]["cpu_seconds"] >= 0.38,
    )

    cpu = [each["cpu_seconds"] for each in found]
    assert cpu == sorted(cpu)
    assert cpu[-1] < 5


def test_a_busy_process_uses_cpu_and_memory(sampled, wrapper):
    script = wrapper.script("kept = b'x' * 50_000_000\nwhile True: pass")

    found = sampled(
        sys.executable,
        script,
        until=lambda found: found and found[-1]["cpu_seconds"] > 0.5,
    )

    assert 50_000_000 < found[-1]["memory_bytes"] < 500_000_000


@pytest.mark.parametrize("variables", [{"MOFANG_SAMPLE_SECONDS": "0"}])
def test_a_period_of_zero_leaves_nothing(wrapper, variables):
    code, _ = wrapper.command("true", **variables)

    assert code == 0
    assert not sample_path(str(wrapper.log)).exists()


@pytest.mark.parametrize("period", ["often", "-1", "nan", "inf", "1e9"])
def test_a_wrong_period_is_refused_in_a_sentence(wrapper, period):
    code, output = wrapper.command("true", MOFANG_SAMPLE_SECONDS=period)

    assert code == 2
    assert "MOFANG_SAMPLE_SECONDS must be a number of seconds" in output


@pytest.mark.parametrize("obstacle", ["folder", "link", "pipe"])
def test_a_job_does_not_mind_what_is_in_the_way(wrapper, tmp_path, obstacle):
    path = sample_path(str(wrapper.log))
    path.parent.mkdir(parents=True)
    target = tmp_path / "precious"
    target.write_text("kept")
    match obstacle:
        case "folder":
            path.mkdir()
        case "link":
            path.symlink_to(target)
        case "pipe":
            os.mkfifo(path)

    code, output = wrapper.command("sleep", "0.5", MOFANG_SAMPLE_SECONDS="0.05")

    assert code == 0
    assert output.count("cannot be written") == 1
    assert target.read_text() == "kept"


def test_a_full_disk_costs_samples_and_nothing_else(wrapper):
    """A limit on the length of files stands for the disk."""
    script = wrapper.script("import time; time.sleep(0.6); print('done')")
    wrapped = wrapper.home / "wrapped"
    wrapped.write_text(f'#!/bin/sh\nulimit -f 1\nexec {sys.executable} "$@"\n')
    wrapped.chmod(0o755)
    environment = {
        **os.environ,
        "MOFANG_LOG_FILE": str(wrapper.log),
        "MOFANG_SAMPLE_SECONDS": "0.05",
        "MOFANG_WORKING_DIRECTORY": str(wrapper.home),
        "MOFANG_TERMINATION_LOG": os.devnull,
        "PYTHONPATH": RUNNER,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    program = [str(wrapped), "-m", "mofang_run.main", "--framework", "single", "--"]

    ended = subprocess.run(
        [*program, script], env=environment, capture_output=True, timeout=30, check=True
    )

    output = ended.stdout.decode()
    assert "done" in output
    assert output.count("The file of samples") == 1
    assert sample_path(str(wrapper.log)).stat().st_size <= 1024


def test_a_line_that_was_cut_off_does_not_spoil_the_next(tmp_path):
    path = tmp_path / "a.samples.jsonl"
    path.write_bytes(b'{"version":1}\n{"version"')

    SampleFile(path).append(b'{"version":2}')

    assert path.read_bytes().splitlines()[-1] == b'{"version":2}'


def test_a_long_file_keeps_every_second_sample_and_the_newest(tmp_path):
    path = tmp_path / "a.samples.jsonl"
    file = SampleFile(path, max_bytes=1000)
    for number in range(1000):
        file.append(b'{"number":%04d}' % number)
        assert path.stat().st_size <= 1100

    numbers = [
        int(line[10:14]) for line in path.read_bytes().splitlines() if line.strip()
    ]

    assert numbers == sorted(numbers)
    assert numbers[-1] == 999
    assert numbers[0] < 100
    assert 20 < len(numbers) < 100
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_somebody_made_huge_is_not_added_to(tmp_path):
    path = tmp_path / "a.samples.jsonl"
    path.write_bytes(b"x" * 3000)

    with pytest.raises(OSError, match="too long"):
        SampleFile(path, max_bytes=1000).append(b"{}")
