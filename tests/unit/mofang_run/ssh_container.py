"""A pretended container that real ssh, sftp and scp reach, and its user.

The guest's side runs as a plain user, as in a container. Where the tests run as root,
that user is made up in a mount namespace of its own.
"""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from unit.mofang_run.containers import start_in

UID = 1000


PYTHON = "/usr/bin/python3" if os.getuid() == 0 else sys.executable


class Container:
    """A pretended container, its user, and a person with a key pair."""

    def __init__(self, root: Path, client: Path) -> None:
        self.root, self.client = root, client
        self.home = root / "home"
        self.project = self.home / "my 'own' project"
        self.temporary = root / "tmp"
        self.shared = root / "projects"
        self.project.mkdir(parents=True)
        self.temporary.mkdir()
        self.shared.mkdir()
        lines = Path("/etc/passwd").read_text().splitlines()
        kept = [line for line in lines if line.split(":")[2] != str(UID)]
        entry = f"jovyan:x:{UID}:{UID}::{self.home}:/bin/bash"
        self.passwd = root / "passwd"
        self.passwd.write_text("\n".join([*kept, entry]) + "\n")
        self.public_key = self.make_key("mine")
        self.user = "jovyan"
        if os.getuid():
            self.user = subprocess.check_output(["id", "-un"], text=True).strip()

    def make_key(self, name: str) -> str:
        path = self.root / name
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True
        )
        return " ".join(path.with_suffix(".pub").read_text().split()[:2])

    def session(self, *arguments: str, **variables: str) -> list[str]:
        """Return the command line of the guest's side."""
        environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.home),
            "TMPDIR": str(self.shared),
            "PYTHONPATH": str(self.client),
            "MARK": "marked",
            **variables,
        }
        settings = [f"{name}={value}" for name, value in environment.items()]
        start = start_in(self.temporary, "mofang_run.ssh_session")
        program = ["env", "-i", *settings, PYTHON, *start, *arguments]
        if os.getuid():
            return program
        become = f"setpriv --reuid={UID} --regid={UID} --clear-groups"
        # Terminals as container runtimes mount them, where this machine's differ.
        terminals = (
            "mount -t devpts -o newinstance,gid=5,mode=620,ptmxmode=666 pts /dev/pts"
            " && mount --bind /dev/pts/ptmx /dev/ptmx"
        )
        renamed = f"mount --bind {self.passwd} /etc/passwd"
        text = f'{terminals} && {renamed} && exec {become} "$@"'
        return ["unshare", "--mount", "sh", "-c", text, "sh", *program]

    def options(self, key: str = "mine", **variables: str) -> list[str]:
        """Return what ssh, scp and sftp take alike."""
        proxy = self.root / "proxy"
        arguments = self.session(self.public_key, str(self.project), **variables)
        script = f"#!/bin/bash\nexec {shlex.join(arguments)}\n"
        proxy.write_bytes(os.fsencode(script))
        proxy.chmod(0o755)
        settings = {
            "ProxyCommand": proxy,
            "IdentityFile": self.root / key,
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "UserKnownHostsFile": self.root / "known_hosts",
            "StrictHostKeyChecking": "accept-new",
            "BatchMode": "yes",
            "LogLevel": "ERROR",
        }
        each = (f"-o{name}={value}" for name, value in settings.items())
        return ["-F", "none", *each]

    def ssh(self, *arguments, key="mine", flags=(), given=b"", **variables):
        return subprocess.run(
            [
                *("ssh", *self.options(key, **variables), *flags),
                *(f"{self.user}@worker-0", *arguments),
            ],
            input=given,
            capture_output=True,
            timeout=30,
            check=False,
        )

    @property
    def session_dirs(self) -> Path:
        return (
            self.temporary / f"mofang-guest-{UID if os.getuid() == 0 else os.getuid()}"
        )

    def rooms(self) -> list[str]:
        return sorted(each.name for each in self.session_dirs.iterdir())


@pytest.fixture
def container(public_client):
    """Not in pytest's folder, which nobody but its owner may enter."""
    root = Path(tempfile.mkdtemp(prefix="mofang-ssh-", dir="/tmp"))
    root.chmod(0o755)
    made = Container(root, public_client)
    if os.getuid() == 0:
        for path in [made.home, made.project, made.temporary, made.shared]:
            os.chown(path, UID, UID)
    yield made
    shutil.rmtree(root, ignore_errors=True)


def until(check):
    deadline = time.monotonic() + 30
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextmanager
def serving(container):
    """Start a session and return it when its client is in."""
    process = subprocess.Popen(
        [
            *("ssh", *container.options(), f"{container.user}@worker-0"),
            "echo in; exec cat",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process.stdout as said:
        assert said.readline() == b"in\n"
    yield process
    process.stdin.close()
    process.kill()
    process.wait()


def guests(container) -> list[int]:
    """Return the processes of guests, known by their directory for files."""
    mark = os.fsencode(f"TMPDIR={container.shared}")
    start = start_in(container.temporary, "mofang_run.ssh_session")[-1].encode()
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (each / "cmdline").read_bytes().split(b"\0")
            marked = mark in (each / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if marked and start in arguments:
            found.append(int(each.name))
    return found


def sshds(container) -> list[str]:
    return [
        each.name
        for each in Path("/proc").glob("[0-9]*")
        if str(container.session_dirs).encode() in _command_line(each)
    ]


def _command_line(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""
