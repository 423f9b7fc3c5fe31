"""The process behind `make up`: tied to it until released, then on its own."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mofang_local import worker
from mofang_local.errors import LauncherError
from mofang_local.local_paths import LocalPaths

WAIT_SECONDS = 30.0

# A worker that may release the terminal, then works until it is told to end.
WORKER = """
import subprocess, sys, time
from pathlib import Path
from mofang_local import worker
from mofang_local.local_paths import LocalPaths

folder, release = Path(sys.argv[1]), sys.argv[2] == "release"
paths = LocalPaths(repository=folder, cache=folder / "cache", state=folder / "state")
terminal = worker.Terminal(paths)
child = subprocess.Popen(["sleep", "600"])
(folder / "child").write_text(str(child.pid))
if release:
    terminal.release()
    print("goes on", flush=True)
child.wait()
"""


@pytest.fixture
def paths(tmp_path: Path) -> LocalPaths:
    return LocalPaths(
        repository=tmp_path, cache=tmp_path / "c", state=tmp_path / "state"
    )


def lives(pid: int) -> bool:
    try:
        return (
            Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        )
    except FileNotFoundError:
        return False


def until(condition, what: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def starter(folder: Path, release: str) -> subprocess.Popen[bytes]:
    """A process that runs the worker as `make up` does.

    Ctrl-C reaches it also where these tests run in the background of a shell, which has
    such jobs ignore it.
    """
    script = folder / "worker.py"
    script.write_text(WORKER)
    code = (
        "import signal, sys; from mofang_local import worker;"
        "signal.signal(signal.SIGINT, signal.default_int_handler);"
        f"sys.exit(worker.run_command([sys.executable, {str(script)!r}, "
        f"{str(folder)!r}, {release!r}]))"
    )
    return subprocess.Popen([sys.executable, "-c", code])


def child_of(folder: Path) -> int:
    path = folder / "child"
    until(lambda: path.exists() and path.read_text(), "the worker started its child")
    return int(path.read_text())


def test_a_released_worker_outlives_its_starter_and_is_stopped_by_name(paths):
    with starter(paths.state.parent, "release") as process:
        assert process.wait(WAIT_SECONDS) == 0
    child = child_of(paths.state.parent)
    assert lives(child)
    until(lambda: worker.last_line(paths) == "goes on", "its output is in the log")

    worker.stop(paths)

    until(lambda: not lives(child), "what it started has ended, too")
    with pytest.raises(LauncherError, match="run `make up`"):
        worker.follow(paths)


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_a_worker_that_was_not_released_ends_with_its_starter(paths, sign):
    with starter(paths.state.parent, "stay") as process:
        child = child_of(paths.state.parent)
        os.kill(process.pid, sign)
        try:
            process.wait(WAIT_SECONDS)
        finally:
            process.kill()
    until(lambda: not lives(child), "the worker's child has ended")


def test_how_the_work_ended_is_what_those_who_wait_are_told(paths):
    worker.write_result(paths, "The image ray could not be built")
    with pytest.raises(LauncherError, match="ray"):
        worker.follow(paths)
    worker.write_result(paths, "")
    worker.follow(paths)
