"""Measure what the server, its kernels, terminals and processes do."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mofang_run.metrics.gpu import GpuReader
from mofang_run.metrics.processes import IO_FIELDS, PROC, ProcessTree
from mofang_run.metrics.usage import ContainerUsage
from mofang_training.activity.samples import ActivitySample

_READ, _WRITTEN = IO_FIELDS.index("rchar"), IO_FIELDS.index("wchar")

_AT_REST = {"idle", "starting", "dead"}
"""States of kernels that execute nothing; one that starts counts as an event."""

_SHELLS = {"bash", "dash", "fish", "ksh", "sh", "tcsh", "zsh"}

# Of what follows the name in /proc/<pid>/stat.
_GROUP, _FOREGROUND = 2, 5

_DEVICE = re.compile(r"/dev/nvidia\d+")


class ActivitySampler:
    """Takes samples of the server that it is in.

    Args:
        serverapp: jupyter_server's application.
        requests: Returns how many changes were asked for.
        gpus: The devices' reader.
        proc: Where processes show.
    """

    def __init__(
        self,
        serverapp: Any,
        requests: Callable[[], int],
        gpus: GpuReader | None = None,
        proc: Path = PROC,
    ) -> None:
        self._serverapp = serverapp
        self._requests = requests
        self._gpus = gpus or GpuReader()
        self._proc = proc
        # The server is the first process of its container: orphans become its own.
        self._tree = ProcessTree(os.getpid(), proc)
        self._pids: set[int] = set()
        """At the last sample."""
        self._usage = ContainerUsage(0.0, proc=proc)

    async def take(self) -> ActivitySample:
        """Measure once.

        Raises:
            OSError: The processes cannot be read.
        """
        measured = await asyncio.to_thread(self._measure)
        # Last: a kernel that has begun meanwhile counts.
        kernels = self._kernels()
        terminals = self._terminals()
        return ActivitySample(
            at=time.monotonic(),
            busy_kernels=await self._busy(kernels),
            foreground=tuple(
                name
                for terminal in terminals.values()
                if (name := self._foreground(terminal.ptyproc.pid))
            ),
            events=frozenset(
                (key, str(getattr(each, "last_activity", "")))
                for key, each in (kernels | terminals).items()
            ),
            requests=self._requests(),
            **measured,
        )

    async def open_notebooks(self) -> list[str]:
        """Return the paths of what has a kernel, as people know it."""
        sessions = await self._serverapp.session_manager.list_sessions()
        return sorted({str(each["path"] or each["name"]) for each in sessions})

    def _measure(self) -> dict[str, Any]:
        gpus = self._gpus.read()
        if not gpus and self._gpus.complaint:
            gpus = None
        pids = {int(each) for each in os.listdir(self._proc) if each.isdigit()}  # noqa: PTH208 - many
        # Pages that are left open have the server run programs that end at once. What
        # does work is there for longer, or has a parent that is, with its counters.
        state = self._tree.refresh({*self._gpus.pids, *(pids - self._pids)})
        self._pids = pids
        network = self._usage.network_bytes()
        return {
            "cpu_seconds": state.cpu_seconds,
            "io_bytes": state.io[_READ] + state.io[_WRITTEN],
            "received_bytes": network[0] if network else None,
            "gpus": gpus,
            "gpu_processes": self._count_gpu_processes() if gpus else 0,
        }

    def _kernels(self) -> dict[str, Any]:
        kernels = self._serverapp.kernel_manager
        return {each: kernels.get_kernel(each) for each in kernels.list_kernel_ids()}

    async def _busy(self, kernels: Mapping[str, Any]) -> tuple[str, ...]:
        found = [
            each
            for each, kernel in kernels.items()
            if getattr(kernel, "execution_state", "unknown") not in _AT_REST
        ]
        if not found:
            return ()
        sessions = await self._serverapp.session_manager.list_sessions()
        names = {
            each["kernel"]["id"]: str(each["path"] or each["name"])
            for each in sessions
            if each["kernel"]
        }
        return tuple(names.get(each, f"kernel {each[:8]}") for each in found)

    def _terminals(self) -> dict[str, Any]:
        terminals = self._serverapp.web_app.settings.get("terminal_manager")
        return {} if terminals is None else dict(terminals.terminals)

    def _foreground(self, shell: int) -> str:
        """Return the program in front of a terminal's shell; empty for none."""
        numbers = self._stat(shell)
        if len(numbers) <= _FOREGROUND:
            return ""
        group = int(numbers[_FOREGROUND])
        name = self._name(group)
        # A shell that runs a script has a group of its own.
        is_shell = group == int(numbers[_GROUP]) and name in _SHELLS
        return "" if group <= 0 or is_shell else name or f"process {group}"

    def _stat(self, pid: int) -> list[str]:
        try:
            content = (self._proc / str(pid) / "stat").read_text(errors="replace")
        except OSError:
            return []
        return content[content.rfind(")") + 1 :].split()

    def _name(self, pid: int) -> str:
        try:
            content = (self._proc / str(pid) / "comm").read_text(errors="replace")
        except OSError:
            return ""
        return content.strip()

    def _count_gpu_processes(self) -> int | None:
        """Count the container's processes that have a GPU open; None if unknown."""
        count = 0
        for folder in self._proc.iterdir():
            if not folder.name.isdigit():
                continue
            try:
                count += any(_DEVICE.fullmatch(each) for each in _open_files(folder))
            except (FileNotFoundError, ProcessLookupError):
                # It has ended.
                continue
            except OSError:
                return None
        return count


def _open_files(folder: Path) -> Iterator[str]:
    for each in (folder / "fd").iterdir():
        try:
            yield str(each.readlink())
        except (FileNotFoundError, ProcessLookupError):
            # It was closed meanwhile.
            continue
