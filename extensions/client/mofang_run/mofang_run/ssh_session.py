"""``python3 -m mofang_run.ssh_session``: serve one SSH connection.

    python3 -m mofang_run.ssh_session "ssh-ed25519 AAAA…" /home/jovyan/project

The training service starts it in a replica's container for each connection. Standard
input and output are those of an sshd that accepts the given public key alone. An error
before sshd starts is one sentence on standard error, with an exit code of its own.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType

from mofang_run.environments.job_packages import variables
from mofang_run.mpi_ssh.executables import SYSTEM_FOLDERS
from mofang_run.mpi_ssh.session_dir import session_dir
from mofang_run.mpi_ssh.sshd_config import configure_sshd, find_sshd
from mofang_run.process.exit_codes import (
    CANNOT_EXECUTE,
    SIGNALLED,
    WRONG_SETTINGS,
    RefusalError,
    StoppedError,
)
from mofang_run.process.signals import ENDING

END_SECONDS = 0.3
"""How long sshd may take to end: we are killed a second after SIGTERM."""

_MAX_ARGUMENTS = 2


def main(
    argv: Sequence[str] | None = None, *, folders: Sequence[str] = SYSTEM_FOLDERS
) -> int:
    """Serve one connection; return sshd's exit code.

    Args:
        argv: A public key and a directory; None for the program's own arguments.
        folders: Where sshd is looked for after those of PATH.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if not 0 < len(words) <= _MAX_ARGUMENTS:
        return _refuse("Give a public key and a directory.", WRONG_SETTINGS)
    directory = words[1] if len(words) > 1 else os.path.expanduser("~")  # noqa: PTH111
    for number in ENDING:
        signal.signal(number, _stop)
    try:
        # Before all else: an image that lacks it has most often no OpenSSH at all, and
        # ssh-keygen names a missing user without a way out.
        find_sshd(folders)
        with session_dir() as workdir:
            environment = variables(os.environ)
            return _serve(configure_sshd(workdir, words[0], directory, environment))
    except RefusalError as error:
        return _refuse(str(error), error.exit_code)
    except OSError as error:
        return _refuse(f"sshd cannot be started: {error}.", CANNOT_EXECUTE)
    except StoppedError as error:
        return SIGNALLED + error.number


def _serve(arguments: Sequence[str]) -> int:
    # A group of its own, by which all of sshd's processes can be ended.
    child = subprocess.Popen(arguments, start_new_session=True)  # noqa: S603 - ours
    try:
        status = child.wait()
    finally:
        for number in ENDING:
            signal.signal(number, signal.SIG_IGN)
        _end(child)
    return status if status >= 0 else SIGNALLED - status


def _end(child: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            child.wait(END_SECONDS)
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _stop(number: int, _: FrameType | None) -> None:
    raise StoppedError(number)


def _refuse(message: str, code: int) -> int:
    print(message, file=sys.stderr, flush=True)  # noqa: T201 - its only answer
    return code


if __name__ == "__main__":
    sys.exit(main())
