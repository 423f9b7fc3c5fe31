"""The process behind `make up`, which goes on after the log-in page answers.

`make up` starts it, shows its output and ends when it releases the terminal. Until
then it ends with `make up`; afterwards it is recorded, and `down` or the next `up`
stops it.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from mofang_local.errors import LauncherError
from mofang_local.files import write_private
from mofang_local.local_paths import LocalPaths
from mofang_local.processes import Supervisor

NAME = "preparation"
_GRACE_SECONDS = 8.0
_READY_VARIABLE = "MOFANG_LOCAL_READY_FD"


def supervisor(paths: LocalPaths) -> Supervisor:
    """Records the worker apart from what runs on the nodes."""
    return Supervisor(paths.state / "worker", paths.logs)


def stop(paths: LocalPaths) -> None:
    """End a worker that goes on in the background."""
    supervisor(paths).stop(NAME)


def run(arguments: list[str]) -> int:
    """Run a command of the launcher in a worker."""
    return run_command([sys.executable, "-m", "mofang_local", *arguments])


def run_command(command: list[str]) -> int:
    """Run a worker until it releases the terminal or ends.

    Returns:
        0 once released, or the worker's exit status.
    """
    ready, write_end = os.pipe()
    with subprocess.Popen(  # noqa: S603 - the command is ours
        command,
        stdin=subprocess.PIPE,
        pass_fds=(write_end,),
        env={**os.environ, _READY_VARIABLE: str(write_end)},
        start_new_session=True,
    ) as process:
        os.close(write_end)
        try:
            if os.read(ready, 1):
                # Popen's context would wait for the process to end.
                process.returncode = 0
                return 0
        except BaseException:
            os.killpg(process.pid, signal.SIGTERM)
            raise
        finally:
            os.close(ready)
        return process.wait()


class Terminal:
    """The worker's end: what ties it to `make up` until it is released."""

    def __init__(self, paths: LocalPaths) -> None:
        self._paths = paths
        self._released = False
        self._ready = int(os.environ.pop(_READY_VARIABLE))
        os.set_inheritable(self._ready, False)
        signal.signal(signal.SIGTERM, _end)
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        # The pipe closes when `make up` ends, however it ends.
        os.read(sys.stdin.fileno(), 1)
        if not self._released:
            # Only the main thread may handle it.
            os.kill(os.getpid(), signal.SIGTERM)

    @property
    def log(self) -> Path:
        return self._paths.logs / f"{NAME}.log"

    def release(self) -> None:
        """Let `make up` end; later output goes to the log."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        supervisor(self._paths).record(NAME, os.getpid())
        sys.stdout.flush()
        sys.stderr.flush()
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.close(log)
        self._released = True
        os.write(self._ready, b"r")
        os.close(self._ready)


def _result_path(paths: LocalPaths) -> Path:
    return paths.state / "worker" / "result.json"


def write_result(paths: LocalPaths, failure: str) -> None:
    """Record how the work ended: an empty failure means that all is ready."""
    write_private(_result_path(paths), json.dumps(failure))


def _result(paths: LocalPaths) -> str | None:
    path = _result_path(paths)
    return json.loads(path.read_text()) if path.exists() else None


def forget_result(paths: LocalPaths) -> None:
    _result_path(paths).unlink(missing_ok=True)


def last_line(paths: LocalPaths) -> str:
    """The newest line of a worker in the background; empty if there is none."""
    log = supervisor(paths).log_of(NAME)
    if supervisor(paths).pid(NAME) is None or not log.exists():
        return ""
    lines = log.read_text(errors="replace").splitlines()
    return lines[-1] if lines else "at work"


def follow(paths: LocalPaths) -> None:
    """Print the worker's lines until it ends.

    Raises:
        LauncherError: It failed, was stopped, or nothing was started.
    """
    log = supervisor(paths).log_of(NAME)
    position = 0
    running = True
    while running:
        running = supervisor(paths).pid(NAME) is not None
        if log.exists():
            with log.open(errors="replace") as stream:
                stream.seek(position)
                print(stream.read(), end="", file=sys.stderr, flush=True)  # noqa: T201
                position = stream.tell()
        if running:
            time.sleep(0.5)
    match _result(paths):
        case None:
            raise LauncherError(
                "The platform is not completely prepared: run `make up`, which goes "
                "on where it was stopped."
            )
        case "":
            return
        case failure:
            raise LauncherError(str(failure))


def end_builds() -> None:
    """End the builds that this worker started, but no program of the platform.

    They are asked first: those in sessions of their own only their parents can end.
    """
    for sign in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + _GRACE_SECONDS
        for pid in _others():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sign)
        while time.monotonic() < deadline and _others():
            time.sleep(0.05)


def _end(*_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    end_builds()
    os._exit(128 + signal.SIGTERM)


def _others() -> set[int]:
    """Processes of this worker's group beside itself."""
    found = subprocess.run(
        ["pgrep", "--pgroup", "0", "--runstates", "R,S,D,I"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    # pgrep leaves itself out.
    return {int(pid) for pid in found.stdout.split()} - {os.getpid()}
