"""What is started in a container for a shell or an SSH connection. Pure.

Nothing of the user's is put into a command line but as an argument of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from mofang_jobs.domain.public_keys import PublicKey

# $1 is the working directory, and stays an argument.
_SHELL = (
    'cd -- "$1" 2>/dev/null; '
    "if command -v bash >/dev/null 2>&1; then exec bash -l; fi; exec sh -l"
)
# $1 is the key, $2 the working directory. A module of the same name that a user has
# in a directory of theirs is not to come first.
_GUEST = (
    "cd /; guest=mofang_run.ssh_session; python=/opt/mofang/bin/python3; "
    'if [ -x "$python" ]; then exec "$python" -I -m "$guest" "$@"; fi; '
    'if command -v python3 >/dev/null 2>&1; then exec python3 -m "$guest" "$@"; fi; '
    'echo "its image has no python3, which the SSH server is started with." >&2; '
    "exit 127"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellTarget:
    """One running container of a job of the caller's."""

    project: str
    job: str
    role: str
    index: int
    namespace: str
    pod: str
    uid: str
    working_directory: str
    container: str

    @property
    def label(self) -> str:
        """What people call it: ``worker-1``."""
        return f"{self.role}-{self.index}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerCommand:
    """A command in a container, whose input and output are the client's."""

    argv: tuple[str, ...]
    has_terminal: bool
    """Whether it runs in a terminal; else its error output comes apart."""


def login_shell(target: ShellTarget) -> ContainerCommand:
    """Return the shell that begins in the job's working directory."""
    argv = ("sh", "-c", _SHELL, "mofang-shell", target.working_directory)
    return ContainerCommand(argv=("TERM=xterm-256color", *argv), has_terminal=True)


def ssh_server(target: ShellTarget, key: PublicKey) -> ContainerCommand:
    """Return the SSH server for one connection of who holds the key."""
    argv = ("sh", "-c", _GUEST, "mofang-ssh", key.line, target.working_directory)
    return ContainerCommand(argv=argv, has_terminal=False)
