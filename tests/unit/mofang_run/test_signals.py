import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from mofang_run.network.peers import wait_for_names
from mofang_run.process.child import StopPolicy, run_child
from mofang_run.process.exit_codes import PeerNotFoundError, StoppedError
from mofang_run.process.output import ReplicaOutput
from mofang_run.process.signals import SignalPipe, signal_name

POLITE = """
import signal, sys, time
def leave(number, frame):
    print("saving a checkpoint")
    sys.exit(7)
signal.signal(signal.SIG{name}, leave)
print("ready")
time.sleep(60)
"""


def read_until(process, text: bytes) -> bytes:
    seen = b""
    while text not in seen:
        line = process.stdout.readline()
        assert line, seen.decode()
        seen += line
    return seen


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture
def quiet():
    with Path(os.devnull).open("wb") as sink:
        yield ReplicaOutput(sink.fileno())


@pytest.mark.parametrize("name", ["TERM", "INT", "USR1"])
def test_a_signal_reaches_the_command_which_ends_as_it_likes(wrapper, name):
    script = wrapper.script(POLITE.format(name=name))
    with wrapper.start(script) as process:
        read_until(process, b"ready\n")
        process.send_signal(getattr(signal, f"SIG{name}"))
        rest = process.stdout.read().decode()
    assert process.returncode == 7
    assert f"Received SIG{name} and passed it on." in rest
    assert "saving a checkpoint" in rest


@pytest.mark.parametrize(
    ("name", "code"), [("SIGKILL", 137), ("SIGSEGV", 139), ("SIGTERM", 143)]
)
def test_a_killed_command_ends_with_128_and_the_signal(wrapper, name, code):
    text = f"import os, signal; os.kill(os.getpid(), signal.{name})"
    ended, output = wrapper(wrapper.script(text))
    assert ended == code
    assert f"was killed by {name}" in output
    assert ("ran out of memory" in output) == (name == "SIGKILL")


SAVES_AFTER_THE_DRAIN = """
import signal, sys, time
def leave(number, frame):
    time.sleep(6)
    print("saved"{where})
    sys.exit()
signal.signal(signal.SIGTERM, leave)
print("ready")
time.sleep(60)
"""


@pytest.mark.parametrize(
    ("shell", "where"),
    [
        pytest.param("{python} train.py", "", id="behind a shell"),
        pytest.param("sh -c '{python} train.py; true'; true", "", id="behind two"),
        pytest.param(
            "{python} train.py | cat",
            ", file=open('saved', 'w')",
            id="with its output elsewhere",
        ),
    ],
)
def test_what_a_shell_script_started_gets_the_whole_grace_period(wrapper, shell, where):
    """The shell itself ends at once."""
    wrapper.script(SAVES_AFTER_THE_DRAIN.format(where=where))
    script = wrapper.script(
        f"#!/bin/bash\n{shell.format(python=sys.executable)}\n", "run.sh"
    )
    (wrapper.home / script).chmod(0o755)
    with wrapper.start(script, framework="single") as process:
        read_until(process, b"ready\n")
        process.terminate()
        rest = process.stdout.read().decode()
    assert process.returncode == 143
    assert "left behind" not in rest
    kept = wrapper.home / "saved"
    assert "saved" in (kept.read_text() if where else rest)


def test_what_torchrun_passes_the_signal_on_to_gets_it_too(wrapper, passing_torchrun):
    wrapper.script(SAVES_AFTER_THE_DRAIN.format(where=""))
    script = wrapper.script(f"#!/bin/bash\n{sys.executable} train.py\n", "run.sh")
    (wrapper.home / script).chmod(0o755)
    with wrapper.start(script) as process:
        read_until(process, b"ready\n")
        process.terminate()
        rest = process.stdout.read().decode()
    assert "left behind" not in rest
    assert "saved" in rest


def test_the_grace_period_ends(quiet):
    with SignalPipe() as signals:
        command = ["sh", "-c", "sh -c 'trap : TERM; while :; do sleep 0.1; done'; true"]
        timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGTERM))
        timer.start()
        start = time.monotonic()
        status = run_child(
            command,
            os.environ,
            signals,
            quiet,
            StopPolicy(drain_seconds=0.2, grace_seconds=2.0),
        )
    assert os.WTERMSIG(status) == signal.SIGTERM
    assert 1.5 < time.monotonic() - start < 60


def test_a_daemon_that_nobody_told_to_end_gets_no_grace_period(quiet):
    with SignalPipe() as signals:
        command = ["sh", "-c", "setsid sleep 90 & kill -TERM $PPID; sleep 80"]
        start = time.monotonic()
        run_child(command, os.environ, signals, quiet, StopPolicy(drain_seconds=0.2))
    assert time.monotonic() - start < 30


def test_a_stop_while_waiting_for_the_master_ends_at_once(wrapper):
    variables = {"MOFANG_ROLE_REPLICAS": "2", "MOFANG_LEADER_HOST": "worker-0.invalid"}
    with wrapper.start(wrapper.script(""), **variables) as process:
        read_until(process, b"Waiting for worker-0.invalid (worker-0)")
        process.terminate()
        rest = process.stdout.read().decode()
    assert process.returncode == 143
    assert "Stopped by SIGTERM before the command was started" in rest


def test_a_process_left_behind_cannot_keep_the_job_alive(quiet):
    with SignalPipe() as signals:
        start = time.monotonic()
        status = run_child(
            ["sh", "-c", "sleep 60 & exit 4"],
            os.environ,
            signals,
            quiet,
            StopPolicy(drain_seconds=0.2),
        )
    assert os.waitstatus_to_exitcode(status) == 4
    assert time.monotonic() - start < 30


def test_a_command_that_closes_its_output_is_still_waited_for(quiet):
    with SignalPipe() as signals:
        command = ["sh", "-c", "exec >&- 2>&-; sleep 0.2; exit 5"]
        status = run_child(command, os.environ, signals, quiet)
    assert os.waitstatus_to_exitcode(status) == 5


def test_a_command_does_not_outlive_a_watch_that_failed(quiet):
    def fail() -> bool:
        raise RuntimeError

    read, write = os.pipe()
    os.set_inheritable(write, True)
    with SignalPipe() as signals, pytest.raises(RuntimeError):
        run_child(["sleep", "60"], os.environ, signals, quiet, StopPolicy(is_over=fail))
    os.close(write)
    # The end of file comes when the last holder of the other end is gone.
    assert os.read(read, 1) == b""
    os.close(read)


def test_a_command_whose_time_is_over_ends_well(quiet):
    with SignalPipe() as signals:
        command = ["sh", "-c", "trap 'exit 9' TERM; while :; do sleep 0.05; done"]
        status = run_child(
            command, os.environ, signals, quiet, StopPolicy(is_over=lambda: True)
        )
    assert status == 0


def test_no_descriptor_is_left_open_when_a_command_cannot_start(quiet):
    before = open_descriptors()
    with SignalPipe() as signals, suppress(OSError):
        run_child(["/no/such/program"], os.environ, signals, quiet)
    assert open_descriptors() == before


def test_a_command_gets_the_default_handling_of_broken_pipes(quiet):
    """``yes | head`` inside a job must end, not print errors."""
    with SignalPipe() as signals:
        command = ["sh", "-c", "kill -PIPE $$"]
        status = run_child(command, os.environ, signals, quiet)
    assert os.WTERMSIG(status) == signal.SIGPIPE


class Name:
    """A name that resolves at the nth look-up."""

    def __init__(self, at: int) -> None:
        self.at, self.asked = at, 0

    def __call__(self, host: str) -> bool:
        self.asked += 1
        return self.asked >= self.at


def test_waiting_ends_as_soon_as_the_name_is_known(quiet):
    name = Name(at=2)
    with SignalPipe() as signals:
        wait_for_names({"worker-0": "train-worker-0"}, signals, quiet, resolves=name)
    assert name.asked == 2
    assert b"Waiting for train-worker-0 (worker-0)" in quiet.termination_message()


def test_a_known_name_is_not_mentioned(quiet):
    with SignalPipe() as signals:
        wait_for_names(
            {"worker-0": "train-worker-0"}, signals, quiet, resolves=Name(at=1)
        )
    assert quiet.termination_message() == b""


def test_waiting_for_a_name_is_bounded_and_says_where_to_look(quiet):
    with (
        SignalPipe() as signals,
        pytest.raises(PeerNotFoundError, match="its state and its log"),
    ):
        wait_for_names(
            {"worker-0": "train-worker-0"},
            signals,
            quiet,
            limit_seconds=0,
            resolves=lambda _: False,
        )


def test_a_slow_look_up_does_not_delay_a_stop(quiet):
    answered = threading.Event()

    def slow(host: str) -> bool:
        return answered.wait(60)

    start = time.monotonic()
    with SignalPipe() as signals:
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(StoppedError):
            wait_for_names(
                {"worker-0": "train-worker-0"}, signals, quiet, resolves=slow
            )
    assert time.monotonic() - start < 30
    answered.set()


def test_a_name_too_odd_to_look_up_counts_as_unknown(quiet):
    with SignalPipe() as signals, pytest.raises(PeerNotFoundError):
        wait_for_names({"worker-0": "." * 300}, signals, quiet, limit_seconds=0)


def test_signals_are_handled_as_before_once_the_wrapper_is_done():
    before = signal.getsignal(signal.SIGTERM)
    with SignalPipe():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


def test_signals_without_a_name_are_still_readable():
    assert signal_name(15) == "SIGTERM"
    assert signal_name(50) == "signal 50"
