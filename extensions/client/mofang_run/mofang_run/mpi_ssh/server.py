"""A worker's sshd: run by the plain user, open to the launcher of this attempt only."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mofang_run.mpi_ssh.env_script import env_script
from mofang_run.mpi_ssh.executables import find_program, make_key, user_name

PREFERRED_PORT = 2222

# StrictModes would judge directories that belong to the volume, not to us; whether
# the run directory is its owner's alone has been checked. Without PAM and passwords
# a key is the only way in. By SHLVL bash leaves ~/.bashrc alone (see ``guest_server``).
_CONFIGURATION = """\
Port {port}
HostKey "{home}/host_key"
PidFile none
AuthorizedKeysFile "{keys}"
AuthenticationMethods publickey
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AllowUsers {user}
StrictModes no
UsePAM no
UseDNS no
DisableForwarding yes
PermitTTY no
PermitTunnel no
PermitUserEnvironment no
PermitUserRC no
PrintMotd no
PrintLastLog no
MaxStartups 128
MaxSessions 128
LoginGraceTime 60
ClientAliveInterval 15
ClientAliveCountMax 8
LogLevel ERROR
SetEnv SHLVL=1
ForceCommand /bin/sh "{home}/session"
"""

# The session gets the environment of the container, which sshd hides from it.
_SESSION = b"""\
%s
exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"
"""


@dataclass(frozen=True)
class SshServer:
    """An sshd that can be started."""

    arguments: list[str]
    port: int
    host_key: str
    user: str

    def listens(self) -> bool:
        """Tell whether it answers as an SSH server does."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 2.0) as connection:
                connection.settimeout(2.0)
                # A caller who says nothing would be an error in sshd's log.
                connection.sendall(b"SSH-2.0-mofang\r\n")
                return connection.recv(4) == b"SSH-"
        except OSError:
            return False


def configure_server(
    home: Path, authorized_keys: Path, environment: Mapping[str, str], *, index: int
) -> SshServer:
    """Write all that sshd needs into a private directory of this container.

    The index tells apart workers that share a network.

    Args:
        home: Private directory for keys and configuration.
        authorized_keys: Lines of public keys that may log in.
        environment: Variables of processes that come by SSH.
        index: Index of this worker.

    Raises:
        RefusalError: The image lacks OpenSSH, or a user with a name.
    """
    user = user_name()
    program = find_program("sshd", "openssh-server")
    host_key = make_key(home / "host_key")
    port = _choose_port(PREFERRED_PORT + index)
    session = home / "session"
    session.touch(mode=0o600)
    session.write_bytes(_SESSION % env_script(environment))
    configuration = home / "sshd_config"
    configuration.write_text(
        _CONFIGURATION.format(
            port=port,
            home=str(home).replace("%", "%%"),
            keys=str(authorized_keys).replace("%", "%%"),
            user=user,
        )
    )
    arguments = [program, "-D", "-e", "-f", str(configuration)]
    return SshServer(arguments, port, host_key, user)


def _choose_port(preferred: int) -> int:
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("", port))
            except OSError:
                continue
            chosen: int = probe.getsockname()[1]
            return chosen
    raise AssertionError("some port is always free")
