"""Programs that outlive the launcher, known again by pid and start time.

A pid alone may have been given to somebody else's process since; only one
with the recorded start time is ours to signal.
"""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mofang_local import cgroups
from mofang_local.errors import StartError, last_lines
from mofang_local.files import write_private


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program to start and keep."""

    name: str
    command: tuple[str, ...]
    namespace: str | None = None
    """Network namespace it runs in; None is the machine's own."""
    mount_namespace: str | None = None
    """Program whose mount namespace it runs in; None is the machine's own."""
    cgroup: str = ""
    """Cgroup that its time counts for, from ``/`` on; empty for the launcher's."""
    environment: dict[str, str] = field(default_factory=dict)
    configuration: str = ""
    """What its configuration file says: another one means starting it anew."""
    hint: str = ""
    """What to do when it does not stay alive, beyond reading its log."""

    @property
    def fingerprint(self) -> str:
        """Changes with the command, the build behind it and its configuration."""
        found = shutil.which(self.command[0]) or self.command[0]
        parts = [str(Path(found).resolve()), *self.command[1:], self.configuration]
        if self.mount_namespace:
            parts.append(self.mount_namespace)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def start_time(pid: int) -> str | None:
    """When the kernel started ``pid``, in its own ticks; None if it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]


class Supervisor:
    """Starts programs, remembers them in ``run`` and ends them."""

    def __init__(self, run: Path, logs: Path) -> None:
        self._run = run
        self._logs = logs
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def log_of(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def _record(self, name: str) -> Path:
        return self._run / f"{name}.pid"

    def _known(self, name: str) -> dict[str, Any]:
        try:
            return dict(json.loads(self._record(name).read_text()))
        except (FileNotFoundError, json.JSONDecodeError):
            return {}

    def pid(self, name: str) -> int | None:
        """The live process of that name, or None."""
        known = self._known(name)
        if not known:
            return None
        pid = int(known["pid"])
        started = start_time(pid)
        # Recorded as None: it had ended before its time could be read.
        return pid if started and started == known["started"] else None

    def is_current(self, program: Program) -> bool:
        """Whether it runs as it would be started today."""
        known = self._known(program.name)
        alive = self.pid(program.name) is not None
        return alive and known.get("fingerprint") == program.fingerprint

    def names(self) -> list[str]:
        """Every program that was started and not yet ended."""
        return sorted(record.stem for record in self._run.glob("*.pid"))

    def entering(self, network: str | None, mounts: str | None) -> list[str]:
        """Return what a command begins with, to run in namespaces.

        Args:
            network: Name of the network namespace; None for the machine's own.
            mounts: Program whose mount namespace it is; None for the machine's own.

        Raises:
            StartError: That program does not run.
        """
        flags = [f"--net=/run/netns/{network}"] if network else []
        if mounts:
            if (pid := self.pid(mounts)) is None:
                raise StartError(f"{mounts} does not run, and its mounts are gone.")
            flags.append(f"--mount=/proc/{pid}/ns/mnt")
        return ["nsenter", *flags] if flags else []

    def start(self, program: Program) -> None:
        """Start it unless it runs; output goes to its log file.

        Raises:
            StartError: The namespaces that it is to run in are not there.
        """
        if self.pid(program.name):
            return
        self._run.mkdir(parents=True, exist_ok=True)
        self._logs.mkdir(parents=True, exist_ok=True)
        inside = self.entering(program.namespace, program.mount_namespace)
        log = self.log_of(program.name)
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        with log.open("w") as out:
            process = subprocess.Popen(  # noqa: S603 - commands are ours
                [*inside, *program.command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, **program.environment},
                start_new_session=True,
            )
        self._children[program.name] = process
        self.record(program.name, process.pid, program.fingerprint)
        if program.cgroup:
            cgroups.add_process(program.cgroup, process.pid)

    def record(self, name: str, pid: int, fingerprint: str = "") -> None:
        """Remember a process under a name, so that it can be found and ended.

        Args:
            name: Name of the program.
            pid: Of the running process.
            fingerprint: Of its command and configuration; another one restarts it.
        """
        record = {
            "pid": pid,
            "started": start_time(pid),
            "fingerprint": fingerprint,
        }
        write_private(self._record(name), json.dumps(record))

    def ensure_alive(self, program: Program) -> None:
        """Raise with the program's last lines if it ended.

        Raises:
            StartError: It is not running any more.
        """
        if self.pid(program.name) is None:
            log = self.log_of(program.name)
            text = log.read_text(errors="replace") if log.exists() else ""
            said = f"{program.name} ended; its log is {log}:\n{last_lines(text)}"
            raise StartError(f"{said}\n{program.hint}".rstrip())

    def stop(self, name: str, *, grace_seconds: float = 10) -> None:
        """Ask it to end, insist after the grace, forget it."""
        pid = self.pid(name)
        if pid is not None:
            os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + grace_seconds
            while self.pid(name) and time.monotonic() < deadline:
                time.sleep(0.05)
            if self.pid(name):
                os.kill(pid, signal.SIGKILL)
            while self.pid(name):
                time.sleep(0.02)
        self._record(name).unlink(missing_ok=True)
        if child := self._children.pop(name, None):
            child.wait()
