"""One process of ceph-fuse, and what it says of itself."""

import json
import os
import signal
import socket
import struct
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ASK_SECONDS = 2.0
MOUNT_SECONDS = 60.0
STOP_SECONDS = 20.0


class MountError(Exception):
    """It could not be mounted; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MountSpec:
    """What is mounted, and where."""

    target: Path
    client: str
    """Name without its kind, such as ``mounts``."""

    file_system: str
    keyring: Path
    run: Path
    """Private directory of sockets."""

    @property
    def admin_socket(self) -> Path:
        return self.run / f"{self.client}.asok"

    def command(self) -> list[str]:
        """What is run; it stays in the foreground, as our child."""
        return [
            "ceph-fuse",
            "-f",
            *("-n", f"client.{self.client}"),
            *("-k", str(self.keyring)),
            *("--client_fs", self.file_system),
            *("--admin_socket", str(self.admin_socket)),
            # A file system that is nobody's program gives nobody rights of another's.
            *("-o", "allow_other,nosuid,nodev"),
            str(self.target),
        ]


class FuseProcess:
    """ceph-fuse as a child of this process."""

    def __init__(self, spec: MountSpec) -> None:
        self.spec = spec
        spec.admin_socket.unlink(missing_ok=True)
        # Process ids are small and come again in a container, and sessions are told
        # apart by an address that has one in it.
        environment = {**os.environ, "CEPH_USE_RANDOM_NONCE": "1"}
        self._process = subprocess.Popen(  # noqa: S603 - the command is ours
            spec.command(), env=environment, stdin=subprocess.DEVNULL
        )

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def wait_until_mounted(self, seconds: float = MOUNT_SECONDS) -> dict[str, Any]:
        """Return what it says of itself once it is mounted.

        Raises:
            MountError: It ended, or took too long.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not self.alive:
                raise MountError(f"ceph-fuse ended: status {self._process.returncode}")
            if is_mounted(self.spec.target) and (said := self.status()):
                return said
            time.sleep(0.05)
        self.stop()
        raise MountError(f"ceph-fuse mounted nothing in {seconds:.0f} s")

    def status(self) -> dict[str, Any] | None:
        """Return what it says of itself; None if it does not answer."""
        return ask(self.spec.admin_socket, "status")

    def wait(self, seconds: float) -> None:
        """Wait until it ends, so long at most."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return

    def stop(self) -> None:
        """Let it write what it holds, then end it."""
        if self.alive:
            self._process.send_signal(signal.SIGTERM)
            self.wait(STOP_SECONDS)
        if self.alive:
            self._process.kill()
        self._process.wait()


def ask(admin_socket: Path, command: str) -> dict[str, Any] | None:
    """Ask a program of Ceph by its admin socket; None if it does not answer."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(ASK_SECONDS)
            connection.connect(str(admin_socket))
            question = json.dumps({"prefix": command, "format": "json"})
            connection.sendall(question.encode() + b"\0")
            (length,) = struct.unpack(">I", _read(connection, 4))
            said: dict[str, Any] = json.loads(_read(connection, length))
            return said
    except (OSError, ValueError, struct.error):
        return None


def _read(connection: socket.socket, length: int) -> bytes:
    content = b""
    while len(content) < length:
        part = connection.recv(length - len(content))
        if not part:
            raise ConnectionError("the program closed its admin socket")
        content += part
    return content


def is_mounted(target: Path) -> bool:
    """Whether something is mounted at a path, without asking the file system."""
    mounts = Path("/proc/self/mounts").read_text().splitlines()
    return any(line.split()[1] == str(target) for line in mounts)


def unmount(target: Path) -> None:
    """Remove every mount at a path, also one whose process is gone."""
    while is_mounted(target):
        command = ["umount", "--lazy", str(target)]
        subprocess.run(command, check=True)  # noqa: S603 - the command is ours
