"""The programs of OpenSSH and the user they run for, looked for before their use."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from mofang_run.process.exit_codes import CANNOT_EXECUTE, NOT_FOUND, RefusalError

SYSTEM_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/sbin")
"""Where sshd lives: plain users do not look there."""

_OUR_USER = "jobs of this framework"


def find_program(
    name: str,
    package: str,
    *,
    user: str = _OUR_USER,
    folders: Sequence[str] = SYSTEM_FOLDERS,
) -> str:
    """Return the absolute path of a program.

    Args:
        name: Its name.
        package: What brings it in Debian.
        user: Who needs it, in the plural.
        folders: Where it is looked for after those of PATH.

    Raises:
        RefusalError: The image does not have it.
    """
    search_path = os.pathsep.join([os.environ.get("PATH", os.defpath), *folders])
    found = shutil.which(name, path=search_path)
    if found is None:
        raise RefusalError(
            f"{name} is not installed, which {user} need. Choose an "
            f"image that has it; in Debian it is in the package {package}.",
            NOT_FOUND,
        )
    return os.path.abspath(found)  # noqa: PTH100 - links are followed by none of us


def user_name(*, without: str = "replicas cannot reach each other by SSH") -> str:
    """Return the name of our user, which OpenSSH cannot do without.

    Args:
        without: What is not possible where there is none.

    Raises:
        RefusalError: The image has no user of our number, or one who may not log in.
    """
    try:
        entry = pwd.getpwuid(os.getuid())
    except KeyError as error:
        raise RefusalError(
            f"The image has no user with the number {os.getuid()}, without which "
            f"{without}. Use the user id 1000.",
            CANNOT_EXECUTE,
        ) from error
    if Path(entry.pw_shell).name in {"nologin", "false"}:
        raise RefusalError(
            f"The user {entry.pw_name} of the image has no shell, without which "
            f"{without}. Use the user id 1000.",
            CANNOT_EXECUTE,
        )
    return entry.pw_name


def make_key(path: Path, *, user: str = _OUR_USER) -> str:
    """Make a fresh key pair at the path, and return its public half without comment.

    Args:
        path: Of the private half.
        user: Who needs it, in the plural.

    Raises:
        RefusalError: ssh-keygen is missing or failed.
    """
    program = find_program("ssh-keygen", "openssh-client", user=user)
    # The arguments are ours, and so is the directory of the path.
    result = subprocess.run(  # noqa: S603
        [program, "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if not path.exists():
        said = result.stdout.decode("utf-8", "replace").strip()
        raise RefusalError(f"ssh-keygen made no key: {said}.", CANNOT_EXECUTE)
    return " ".join(path.with_suffix(".pub").read_text().split()[:2])
