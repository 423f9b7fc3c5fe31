"""What the local OpenSSH client is told. Pure, but for where this program lies."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mofang.errors import ConfigurationError
from mofang.settings import ClientSettings
from mofang.ssh.replica_hosts import ReplicaHost

USER = "jovyan"

_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}")
_IN_PYTHON = "from mofang.cli import main; main()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """What the connections to all replicas of a job have in common."""

    program: Sequence[str]
    """How this command line is called from anywhere."""

    url: str
    project: str
    key: Path
    known_hosts: Path
    user: str = USER

    def proxy_arguments(
        self, replica_host: ReplicaHost, *, remember: bool = False
    ) -> list[str]:
        """Return the command that carries the bytes.

        Args:
            replica_host: The host to connect to.
            remember: Whether it stays in a file, so that it must tell a restart.
        """
        since = ["--attempt", str(replica_host.attempt)] if remember else []
        return [
            *self.program,
            *("--url", self.url, "--project", self.project, "ssh-proxy"),
            *("--key", str(self.key)),
            *since,
            *(replica_host.job, replica_host.replica),
        ]

    def options(
        self, replica_host: ReplicaHost, *, remember: bool = False
    ) -> list[tuple[str, str]]:
        """Return names and values as they stand in a file of ssh's."""
        words = self.proxy_arguments(replica_host, remember=remember)
        return [
            ("HostName", replica_host.alias),
            ("User", self.user),
            ("ProxyCommand", _plain(shlex.join(words)).replace("%", "%%")),
            ("HostKeyAlias", replica_host.host_key_alias),
            ("UserKnownHostsFile", quoted(self.known_hosts)),
            ("StrictHostKeyChecking", "accept-new"),
            ("HashKnownHosts", "no"),
            ("UpdateHostKeys", "no"),
            ("IdentityFile", quoted(self.key)),
            ("IdentitiesOnly", "yes"),
            ("PreferredAuthentications", "publickey"),
            ("ServerAliveInterval", "30"),
        ]

    def command(
        self, program: str, replica_host: ReplicaHost, command: Sequence[str]
    ) -> list[str]:
        """Return the command line of ssh.

        Args:
            program: The path of ssh.
            replica_host: The host to connect to.
            command: What to run there; none for a shell. Several words arrive as they
                are, although ssh sends a line for a shell; one word is such a line.
        """
        line = shlex.join(command) if len(command) > 1 else "".join(command)
        given = [
            word
            for name, value in self.options(replica_host)
            for word in ("-o", f"{name}={value}")
        ]
        return [program, *given, replica_host.alias, *(["--", line] if line else [])]

    def block(self, replica_host: ReplicaHost) -> str:
        """Return the block of ssh's configuration for a host."""
        lines = [
            f"    {name} {value}"
            for name, value in self.options(replica_host, remember=True)
        ]
        return "\n".join([f"Host {replica_host.alias}", *lines]) + "\n"


def build_connection(
    settings: ClientSettings, key: Path, directory: Path, user: str
) -> Connection:
    """Return the connection to the replicas of a job.

    Args:
        settings: Address, token and project.
        key: Private key; its public half lies beside it.
        directory: Where known_hosts is kept.
        user: Name to log in with.

    Raises:
        ConfigurationError: Something in it cannot be said to ssh.
    """
    if not _USER.fullmatch(user):
        raise ConfigurationError(f"{user[:80]!r} is not a user name.")
    return Connection(
        program=this_program(sys.argv[0]),
        url=_plain(settings.url),
        project=settings.project,
        key=key,
        known_hosts=directory / "known_hosts",
        user=user,
    )


def this_program(called: str) -> list[str]:
    """Return how to call this command line from elsewhere.

    Args:
        called: How it was called.
    """
    path = Path(called)
    if path.stem == "mofang":
        found = str(path) if len(path.parts) > 1 else shutil.which(called)
        if found and Path(found).is_file():
            # Links stay: an update may move what they lead to.
            return [str(Path(found).absolute())]
    return [sys.executable, "-P", "-c", _IN_PYTHON]


def quoted(path: Path) -> str:
    """Return a path for an option that takes quotes and tokens.

    Raises:
        ConfigurationError: ssh has no way to say it.
    """
    text = _plain(str(path))
    if '"' in text or "\\" in text or "${" in text:
        raise ConfigurationError(
            f"ssh does not accept the path {text}. Use one without quotes, backslashes "
            "and ${."
        )
    return f'"{text}"'.replace("%", "%%")


def _plain(text: str) -> str:
    if not text.isprintable():
        raise ConfigurationError(
            f"ssh does not accept {text!r}: it has a character that is not printable."
        )
    return text
