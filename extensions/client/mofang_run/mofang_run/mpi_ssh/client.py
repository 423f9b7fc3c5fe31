"""The launcher's ssh: which worker is where, and by which key it is known."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mofang_run.mpi_ssh.executables import find_program, make_key, user_name
from mofang_run.mpi_ssh.rendezvous_dir import Announcement
from mofang_run.process.files import write_whole

# Whoever answers at a worker's address must have the key that the worker announced. An
# attempt takes a second at least; a network plugin may refuse the first ones, since it
# learns of a new pod a moment after that has started.
_COMMON = """\
Host *
  BatchMode yes
  IdentitiesOnly yes
  IdentityFile "{home}/key"
  UserKnownHostsFile "{home}/known_hosts"
  GlobalKnownHostsFile none
  StrictHostKeyChecking yes
  UpdateHostKeys no
  PasswordAuthentication no
  ForwardAgent no
  ForwardX11 no
  ConnectTimeout 30
  ConnectionAttempts 10
  ServerAliveInterval 15
  ServerAliveCountMax 8
  LogLevel ERROR
"""

_WORKER = """\
Host {name}
  HostName {worker.ip}
  Port {worker.port}
  User {worker.user}
  HostKeyAlias {name}
"""


def publish_key(home: Path, authorized_keys: Path) -> None:
    """Make the launcher's key pair; only the public half leaves this container.

    Raises:
        RefusalError: The image lacks OpenSSH, or a user with a name.
    """
    user_name()
    public = make_key(home / "key")
    write_whole(authorized_keys, f"{public}\n".encode(), mode=0o600)


def configure_client(home: Path, workers: Mapping[str, Announcement]) -> str:
    """Write the configuration, and return the command that mpirun calls.

    Raises:
        RefusalError: The image lacks OpenSSH.
    """
    known = "".join(f"{name} {worker.host_key}\n" for name, worker in workers.items())
    (home / "known_hosts").write_text(known)
    hosts = [_WORKER.format(name=name, worker=one) for name, one in workers.items()]
    text = "".join([*hosts, _COMMON.format(home=home)])
    (home / "ssh_config").write_text(text)
    return f"{find_program('ssh', 'openssh-client')} -F {home}/ssh_config"
