"""The reconciler as a child process of a test, killed at any of its writes.

Run as a program, it is the reconciler, with a storage of the test's own. Its writes to
the file system are heard by an audit hook of Python, which names them and kills the
process before or after one of them, as it is asked.
"""

import json
import os
import re
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import kopf
import yaml

from mofang_projects.reconciler import ProjectReconciler
from mofang_projects.settings import NamespaceSettings
from support.child_process import ChildProcess

_MODULE = "support.reconciler_process"
_MARK = "file system: "
_EVENTS = {
    "os.mkdir",
    "os.chmod",
    "os.chown",
    "os.rename",
    "os.remove",
    "os.rmdir",
    "os.setxattr",
}
_TIME = re.compile(r"\d{8}T\d{6}Z")
"""In names of snapshots, which are others each time."""


class ReconcilerProcess:
    """Starts and kills a reconciler.

    Args:
        folder: For its settings and its log.
        api_server: URL of the API server, which asks for no certificate.
        settings: As the chart renders them.
    """

    def __init__(
        self, folder: Path, *, api_server: str, settings: dict[str, Any]
    ) -> None:
        (folder / "settings.yaml").write_text(yaml.safe_dump(settings))
        kubeconfig = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "contexts": [
                {"name": "test", "context": {"cluster": "test", "user": "test"}}
            ],
            "clusters": [{"name": "test", "cluster": {"server": api_server}}],
            "users": [{"name": "test", "user": {}}],
        }
        (folder / "kubeconfig").write_text(yaml.safe_dump(kubeconfig))
        self._folder = folder
        self._process = ChildProcess(
            _MODULE,
            folder / "reconciler.log",
            {"KUBECONFIG": str(folder / "kubeconfig")},
        )

    @property
    def said(self) -> str:
        """The end of what it has logged."""
        return self._process.log[-6000:]

    @property
    def file_writes(self) -> list[str]:
        """Its writes to the file system, since it was made."""
        lines = self._process.log.splitlines()
        return [line.removeprefix(_MARK) for line in lines if line.startswith(_MARK)]

    @property
    def is_alive(self) -> bool:
        return self._process.is_alive

    def start(self, kill_at: str = "", moment: str = "before") -> None:
        """Start it.

        Args:
            kill_at: A write to the file system, as ``file_writes`` names it.
            moment: ``before`` it or ``after``.
        """
        options = {"folder": str(self._folder), "kill_at": kill_at, "moment": moment}
        self._process.start(options)

    def kill(self) -> None:
        """End it without a word of warning, as a lost machine would."""
        self._process.kill()


class _AuditHook:
    """Sees what the threads of the storage do; others import modules, and write logs.

    Args:
        kill_at: Ends this process at this write.
        moment: ``before`` it or ``after``.
    """

    def __init__(self, kill_at: str, moment: str) -> None:
        self._kill_at = kill_at
        self._moment = moment
        self._is_dying = False
        self._thread: int | None = None
        """In which the write was, that is over with whatever comes next."""

    def observe(self, event: str, arguments: tuple[Any, ...]) -> None:
        thread = threading.get_ident()
        if self._is_dying or thread == threading.main_thread().ident:
            return
        if self._thread == thread:
            self._die()
        if event not in _EVENTS:
            return
        of = arguments[0]
        if isinstance(of, int):
            of = Path(f"/proc/self/fd/{of}").readlink().name
        words = [event.removeprefix("os."), _TIME.sub("*", str(of))]
        if event == "os.setxattr":
            words.append(arguments[1])
        name = " ".join(words)
        if name == self._kill_at and self._moment == "before":
            self._die()
        os.write(1, f"{_MARK}{name}\n".encode())
        if name == self._kill_at:
            self._thread = thread

    def _die(self) -> None:
        # That is an event, too.
        self._is_dying = True
        os.kill(os.getpid(), signal.SIGKILL)


def _run(options: dict[str, str]) -> None:
    settings = NamespaceSettings.load(Path(options["folder"]) / "settings.yaml")
    registry = ProjectReconciler(settings).registry()
    sys.addaudithook(_AuditHook(options["kill_at"], options["moment"]).observe)
    kopf.configure()
    kopf.run(registry=registry, clusterwide=True, standalone=True)


if __name__ == "__main__":
    _run(json.loads(sys.argv[1]))
