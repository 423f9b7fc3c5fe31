"""Configuration of the sshd that serves one connection of one person."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from mofang_run.mpi_ssh.env_script import SESSION_VARIABLES, env_script
from mofang_run.mpi_ssh.executables import SYSTEM_FOLDERS, find_program, user_name
from mofang_run.mpi_ssh.session_dir import HOST_KEY
from mofang_run.process.exit_codes import WRONG_SETTINGS, RefusalError

# As for the workers of MPI (see ``server``), but for a person and an editor: with a
# terminal, files and connections from their machine to ports of this container. None
# lead the other way, and neither agents nor displays come along.
_CONFIGURATION = """\
HostKey "{host_key}"
PidFile none
AuthorizedKeysFile "{workdir}/authorized_keys"
AuthenticationMethods publickey
PubkeyAuthentication yes
PasswordAuthentication no
KbdInteractiveAuthentication no
HostbasedAuthentication no
PermitRootLogin prohibit-password
AllowUsers {user}
StrictModes no
UsePAM no
UseDNS no
MaxAuthTries 20
PermitTTY yes
AllowTcpForwarding local
AllowStreamLocalForwarding local
GatewayPorts no
AllowAgentForwarding no
X11Forwarding no
PermitTunnel no
PermitUserEnvironment no
PermitUserRC no
PrintMotd no
PrintLastLog no
MaxSessions 64
LoginGraceTime 60
ClientAliveInterval 15
ClientAliveCountMax 8
LogLevel ERROR
SetEnv SHLVL=1
ForceCommand /bin/sh {workdir}/session
"""

# The session gets the environment of the container, which sshd hides from it. A
# command may be one of sftp's server, which sshd calls by its path.
#
# Where bash is made so, as Debian's, it reads ~/.bashrc for whatever sshd starts,
# unless it seems to be within another shell. What that file prints, or its end, must
# not come between two programs that speak a protocol; sshd's own call of our script is
# none of its business either.
_SESSION = b"""\
%s
cd -- %s 2>/dev/null || cd
unset SHLVL
if command -v bash >/dev/null 2>&1; then set -- bash; else set -- sh; fi
[ "${SSH_ORIGINAL_COMMAND+x}" ] || exec "$1" -l
case $SSH_ORIGINAL_COMMAND in
*/sftp-server | */sftp-server' '* | scp' '* | rsync' --server'* | git-*)
    export SHLVL=1
    ;;
esac
set -- "$1" "$SSH_ORIGINAL_COMMAND"
unset SSH_ORIGINAL_COMMAND
exec "$1" -c "$2"
"""

# TERM is of the terminal at the other end.
_FROM_ELSEWHERE = SESSION_VARIABLES | {"SSH_AUTH_SOCK", "SSH_TTY", "TERM"}

_SFTP_SERVERS = (
    "/usr/lib/openssh/sftp-server",
    "/usr/libexec/openssh/sftp-server",
    "/usr/lib/ssh/sftp-server",
    "/usr/libexec/sftp-server",
)

_PUBLIC_KEY = re.compile(r"[a-z0-9@.-]{1,60} [A-Za-z0-9+/]{1,2100}={0,2}")


def find_sshd(folders: Sequence[str] = SYSTEM_FOLDERS) -> tuple[str, str]:
    """Return the path of sshd, and the name of the user it serves.

    Args:
        folders: Where it is looked for after those of PATH.

    Raises:
        RefusalError: The image lacks OpenSSH or a user with a name.
    """
    program = find_program(
        "sshd", "openssh-server", user="SSH sessions", folders=folders
    )
    return program, user_name(without="nobody can log in by SSH")


def configure_sshd(
    workdir: Path, public_key: str, directory: str, environment: Mapping[str, str]
) -> list[str]:
    """Write all that sshd needs into a private directory; return its command line.

    Args:
        workdir: The session's directory.
        public_key: The only one that opens: type and base64.
        directory: Where sessions begin.
        environment: What sessions get.

    Raises:
        RefusalError: The image lacks OpenSSH or a user with a name, or it is no key.
    """
    if not _PUBLIC_KEY.fullmatch(public_key):
        raise RefusalError("This is not a public key of OpenSSH.", WRONG_SETTINGS)
    program, user = find_sshd()
    configuration = _CONFIGURATION.format(
        host_key=workdir.with_name(HOST_KEY), workdir=workdir, user=user
    )
    sftp = next((each for each in _SFTP_SERVERS if os.access(each, os.X_OK)), "")
    if sftp:
        configuration += f"Subsystem sftp {sftp}\n"
    lines = env_script(environment, without=_FROM_ELSEWHERE)
    session = _SESSION % (lines, os.fsencode(shlex.quote(directory)))
    _write(workdir / "authorized_keys", f"{public_key}\n".encode())
    _write(workdir / "session", session)
    _write(workdir / "sshd_config", configuration.encode())
    return [program, "-i", "-e", "-f", str(workdir / "sshd_config")]


def _write(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)
