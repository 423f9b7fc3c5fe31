"""The key pair that opens SSH sessions: ours, made once, or one that was named."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from mofang.errors import ConfigurationError
from mofang.ssh.files import file_errors, locked

KEY_NAME = "id_ed25519"

_PUBLIC = re.compile(r"([a-z0-9@.-]{1,60}) ([A-Za-z0-9+/]{1,2100}={0,2})")
_SECONDS = 30


def find_program(name: str) -> str:
    """Return the path of one of OpenSSH's programs.

    Raises:
        ConfigurationError: It is not installed.
    """
    found = shutil.which(name)
    if found is None:
        raise ConfigurationError(
            f"OpenSSH's {name} is not installed here. Install the OpenSSH client "
            "(openssh-client on Debian and Ubuntu), then try again."
        )
    return found


def ensure_key(directory: Path) -> Path:
    """Return our private key; it is made when it is first needed.

    Raises:
        ConfigurationError: It can be neither read nor made.
    """
    path = directory / KEY_NAME
    with locked(directory):
        if not path.exists():
            _make(path)
    return path


def read_public_key(path: Path) -> str:
    """Return type and base64 of a key's public half.

    Args:
        path: The private key, or where an agent holds that, the public half.

    Raises:
        ConfigurationError: There is no such key, or it does not tell.
    """
    if not path.is_file():
        raise ConfigurationError(f"There is no key {path}.")
    is_public = path.suffix == ".pub"
    beside = path if is_public else path.with_name(f"{path.name}.pub")
    with file_errors(beside):
        line = _read(beside) if beside.is_file() else _derive(path)
    found = _PUBLIC.match(line)
    if found is None:
        raise ConfigurationError(
            f"{beside} does not hold a public key. ssh-keygen -y -f "
            f"{path.with_suffix('') if is_public else path} prints it."
        )
    return f"{found[1]} {found[2]}"


def _make(path: Path) -> None:
    with (
        file_errors(path),
        tempfile.TemporaryDirectory(prefix=".key-", dir=path.parent) as scratch,
    ):
        draft = Path(scratch) / path.name
        _keygen("-q", "-t", "ed25519", "-N", "", "-C", "mofang", "-f", str(draft))
        # The private half comes last: where it is, both are.
        draft.with_suffix(".pub").replace(path.with_suffix(".pub"))
        draft.replace(path)


def _derive(path: Path) -> str:
    # With a passphrase it must not ask: our input is not the user's.
    return _keygen("-y", "-P", "", "-f", str(path))


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")[:4096].strip()


def _keygen(*arguments: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - OpenSSH's, with words of ours
            [find_program("ssh-keygen"), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        said = " ".join((error.stderr or error.stdout).split())
        raise ConfigurationError(
            f"ssh-keygen does not read or make the key: {said}. Where a key has a "
            "passphrase, keep its public half beside it, in a file with .pub added."
        ) from error
    except subprocess.TimeoutExpired as error:
        raise ConfigurationError("ssh-keygen does not end. Try again.") from error
    return done.stdout.strip()
