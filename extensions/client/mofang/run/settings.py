"""What the platform tells the wrapper, by environment variables."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass

MAX_PORT = 65535

TERMINATION_LOG = "/dev/termination-log"
"""Where Kubernetes reads the last words of a container, unless told otherwise."""


class SettingsError(Exception):
    """The platform or the command line told the wrapper something unusable."""


@dataclass(frozen=True)
class RunSettings:
    """One replica's place in its job."""

    job: str
    role: str
    index: int
    node: str
    """Name of the machine, or of the host where the platform does not tell."""

    nodes: int
    processes_per_node: int
    master: str
    """Host of replica 0, the address all others call; ours if there is one node."""

    master_port: int
    working_directory: str | None
    log_file: str | None
    termination_log: str

    @property
    def replica(self) -> str:
        """What people call this replica: ``worker-1``."""
        return f"{self.role}-{self.index}"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> RunSettings:
        """Read the settings, or say which one is wrong.

        Raises:
            SettingsError: A number is none or out of bounds, or the master is
                not named although there are several nodes.
        """
        nodes = _number(environment, "MOFANG_NODES", default=1, least=1)
        index = _number(environment, "MOFANG_INDEX", default=0, least=0)
        master = environment.get("MOFANG_MASTER", "")
        if nodes > 1 and not master:
            raise SettingsError("MOFANG_MASTER must name the host of replica 0.")
        if index >= nodes:
            raise SettingsError(
                f"MOFANG_INDEX is {index}, but MOFANG_NODES is {nodes}."
            )
        port = _number(environment, "MOFANG_MASTER_PORT", default=29500, least=1)
        if port > MAX_PORT:
            raise SettingsError(f"MOFANG_MASTER_PORT is {port}, which is no port.")
        return cls(
            job=environment.get("MOFANG_JOB_ID", "job"),
            role=environment.get("MOFANG_ROLE", "worker"),
            index=index,
            node=environment.get("MOFANG_NODE") or socket.gethostname(),
            nodes=nodes,
            processes_per_node=_number(
                environment, "MOFANG_PROCESSES_PER_NODE", default=1, least=1
            ),
            master=master if nodes > 1 else "127.0.0.1",
            master_port=port,
            working_directory=environment.get("MOFANG_WORKING_DIRECTORY") or None,
            log_file=environment.get("MOFANG_LOG_FILE") or None,
            termination_log=environment.get("MOFANG_TERMINATION_LOG", TERMINATION_LOG),
        )


def _number(
    environment: Mapping[str, str], name: str, *, default: int, least: int
) -> int:
    text = environment.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or int(text) < least:
        raise SettingsError(
            f"{name} must be a whole number of at least {least}, not {text[:40]!r}."
        )
    return int(text)
