"""What the platform tells the wrapper, by environment variables."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Union

from mofang_run.environments.directory import HOME_VARIABLE
from mofang_run.job.env_parsing import (
    SHOWN,
    SettingsError,
    read_list,
    read_mapping,
    read_number,
)

MAX_PORT = 65535

TERMINATION_LOG = "/dev/termination-log"
"""Where Kubernetes reads the last words of a container, unless told otherwise."""

S3_SCHEME = "s3://"
"""Before the bucket of an input or output that is no directory."""

CACHE = "/cache"
"""The scratch disk of a replica: its own, and gone with it."""

Parameter = Union[str, int, float, bool]  # noqa: UP007 - evaluated, in 3.8 too

_HASH = re.compile(r"[0-9a-f]{64}")
_FLAGS = ("staged", "preload")


@dataclass(frozen=True)
class DataPath:
    """A directory or file that the script hears of by a name."""

    kind: str
    """``input`` or ``output``."""

    name: str
    path: str
    pass_as: str
    """``parameter`` or ``environment``."""

    staged: bool = False
    preload: bool = False

    @property
    def is_variable(self) -> bool:
        """Whether the script reads the path from an environment variable."""
        return self.pass_as == "environment"  # noqa: S105 - no password

    @property
    def is_remote(self) -> bool:
        """Whether the path is a URL of S3, and no directory here."""
        return self.path.startswith(S3_SCHEME)

    @property
    def is_staged(self) -> bool:
        """Whether the script writes to the scratch disk instead."""
        return self.kind == "output" and self.staged


@dataclass(frozen=True)
class RunSettings:
    """One replica's place in its job."""

    job: str
    role: str
    index: int
    attempt: int
    """How often the job was started so far, this time included."""

    node: str
    """Name of the machine, or of the host where the platform does not tell."""

    nodes: int
    """Replicas of this role."""

    roles: Mapping[str, int]
    """Replicas by role; this role alone where the platform does not tell."""

    hosts: Mapping[str, str]
    """Host name by role, with ``{index}`` in it; empty where replicas have none."""

    processes_per_node: int
    master: str
    """Host of the replica that all others call; empty if the platform names none."""

    master_port: int
    """Port there; 0 for the framework's own."""

    working_directory: str | None
    log_file: str | None
    termination_log: str
    cache: str
    home: str
    parameters: Mapping[str, Parameter]
    data_paths: tuple[DataPath, ...]
    requirements: str | None
    snapshot: str | None
    code_directory: str | None
    forwarded: tuple[str, ...]
    run_directory: str | None
    hold_minutes: int
    wait_seconds: int
    """How long other replicas are waited for; 0 for as long as is usual."""

    @property
    def replica(self) -> str:
        """What people call this replica: ``worker-1``."""
        return f"{self.role}-{self.index}"

    @property
    def replicas(self) -> int:
        """How many replicas of all roles the job has."""
        return sum(self.roles.values())

    def wait_limit(self, usual_seconds: float) -> float:
        """Return how long something of another replica is waited for."""
        return self.wait_seconds or usual_seconds

    def host(self, role: str, index: int) -> str:
        """Return a replica's host name, empty if it has none."""
        return self.hosts.get(role, "").replace("{index}", str(index))

    def at_home(self, path: str) -> str:
        """Return a path with a leading ``~`` replaced by the owner's home."""
        is_at_home = path.startswith("~/") and not os.path.exists(path)  # noqa: PTH110
        return f"{self.home}{path[1:]}" if is_at_home else path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> RunSettings:
        """Read the settings, or say which one is wrong.

        Raises:
            SettingsError: A number is none or out of bounds, or something is not
                the JSON it should be.
        """
        nodes = read_number(environment, "MOFANG_ROLE_REPLICAS", default=1, minimum=1)
        index = read_number(environment, "MOFANG_REPLICA_INDEX", default=0, minimum=0)
        role = environment.get("MOFANG_ROLE", "worker")
        if index >= nodes:
            raise SettingsError(
                f"MOFANG_REPLICA_INDEX is {index}, but MOFANG_ROLE_REPLICAS is {nodes}."
            )
        snapshot = environment.get("MOFANG_CODE_SNAPSHOT") or None
        if snapshot and not _HASH.fullmatch(snapshot):
            raise SettingsError(
                "MOFANG_CODE_SNAPSHOT must be a SHA-256 of 64 hexadecimal digits, "
                f"not {snapshot[:SHOWN]!r}."
            )
        return cls(
            job=environment.get("MOFANG_JOB_ID", "job"),
            role=role,
            index=index,
            attempt=read_number(environment, "MOFANG_ATTEMPT", default=1, minimum=1),
            node=environment.get("MOFANG_NODE_NAME") or socket.gethostname(),
            nodes=nodes,
            roles=_read_roles(environment) or {role: nodes},
            hosts=_read_hosts(environment),
            processes_per_node=read_number(
                environment, "MOFANG_PROCESSES_PER_REPLICA", default=1, minimum=1
            ),
            master=environment.get("MOFANG_LEADER_HOST", ""),
            master_port=_read_port(environment),
            working_directory=environment.get("MOFANG_WORKING_DIRECTORY") or None,
            log_file=environment.get("MOFANG_LOG_FILE") or None,
            termination_log=environment.get("MOFANG_TERMINATION_LOG", TERMINATION_LOG),
            cache=environment.get("MOFANG_CACHE_DIRECTORY") or CACHE,
            home=environment.get(HOME_VARIABLE) or environment.get("HOME") or "/",
            parameters=_read_parameters(environment),
            data_paths=tuple(
                map(_data_path, read_list(environment, "MOFANG_DATA_PATHS"))
            ),
            requirements=environment.get("MOFANG_REQUIREMENTS") or None,
            snapshot=snapshot,
            code_directory=environment.get("MOFANG_CODE_DIRECTORY") or None,
            forwarded=_read_forwarded(environment),
            run_directory=environment.get("MOFANG_RENDEZVOUS_DIRECTORY") or None,
            hold_minutes=read_number(
                environment, "MOFANG_HOLD_MINUTES", default=0, minimum=0
            ),
            wait_seconds=read_number(
                environment, "MOFANG_PEER_TIMEOUT_SECONDS", default=0, minimum=1
            ),
        )


def _read_port(environment: Mapping[str, str]) -> int:
    port = read_number(environment, "MOFANG_LEADER_PORT", default=0, minimum=1)
    if port > MAX_PORT:
        raise SettingsError(f"MOFANG_LEADER_PORT is {port}, which is not a port.")
    return port


def _read_roles(environment: Mapping[str, str]) -> dict[str, int]:
    roles = read_mapping(environment, "MOFANG_ROLES")
    for role, count in roles.items():
        if type(count) is not int or count < 1:
            raise SettingsError(
                f"MOFANG_ROLES must give the role {role[:SHOWN]} a number of at least "
                f"1, not {str(count)[:SHOWN]!r}."
            )
    return roles


def _read_hosts(environment: Mapping[str, str]) -> dict[str, str]:
    hosts = read_mapping(environment, "MOFANG_HOST_TEMPLATES")
    for role, host in hosts.items():
        if not isinstance(host, str):
            raise SettingsError(
                f"MOFANG_HOST_TEMPLATES must give the role {role[:SHOWN]} a host name, "
                f"not {str(host)[:SHOWN]!r}."
            )
    return hosts


def _read_parameters(environment: Mapping[str, str]) -> dict[str, Parameter]:
    parameters = read_mapping(environment, "MOFANG_HYPERPARAMETERS")
    for name, value in parameters.items():
        if not isinstance(value, (str, int, float)):
            raise SettingsError(
                f"MOFANG_HYPERPARAMETERS must give {name[:SHOWN]} a text, a number or "
                f"a truth value, not {str(value)[:SHOWN]!r}."
            )
    return parameters


def _read_forwarded(environment: Mapping[str, str]) -> tuple[str, ...]:
    names = read_list(environment, "MOFANG_FORWARDED_ENV")
    for name in names:
        if not isinstance(name, str):
            raise SettingsError(
                "MOFANG_FORWARDED_ENV must be a list of names of variables; "
                f"{str(name)[:SHOWN]!r} is not one."
            )
    return tuple(names)


def _data_path(value: Any) -> DataPath:
    known = {"kind", "name", "path", "pass_as", *_FLAGS}
    if not isinstance(value, dict) or not set(value) <= known:
        raise SettingsError(
            "MOFANG_DATA_PATHS must list objects with kind, name, path, pass_as, "
            f"staged and preload, not {str(value)[:SHOWN]!r}."
        )
    texts = {field: value.get(field, "") for field in ("kind", "name", "path")}
    texts["pass_as"] = value.get("pass_as", "parameter")
    flags = {field: value.get(field, False) for field in _FLAGS}
    if (
        not all(isinstance(text, str) and text for text in texts.values())
        or not all(isinstance(flag, bool) for flag in flags.values())
        or texts["kind"] not in {"input", "output"}
        or texts["pass_as"] not in {"parameter", "environment"}
        or not texts["path"].startswith(("/", S3_SCHEME))
        or not texts["name"].isidentifier()
    ):
        raise SettingsError(
            f"MOFANG_DATA_PATHS holds {str(value)[:200]}, which is not an input or "
            "output with a name, and an absolute path or a URL of S3."
        )
    return DataPath(**texts, **flags)
