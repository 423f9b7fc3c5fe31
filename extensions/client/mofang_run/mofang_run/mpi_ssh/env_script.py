"""The container's environment as a shell script, which SSH sessions begin with.

sshd does not pass its own environment on to sessions.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Collection, Mapping

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_OF_THE_SHELL = frozenset(
    {
        *("BASHOPTS", "BASH_VERSINFO", "EUID", "PPID", "SHELLOPTS", "UID"),
        *("OLDPWD", "PWD", "SHLVL", "_"),
    }
)
"""Read-only in some shells, or set by each shell for itself."""

SESSION_VARIABLES = frozenset({"SSH_CLIENT", "SSH_CONNECTION", "SSH_ORIGINAL_COMMAND"})
"""Set by sshd for each connection."""


def env_script(
    environment: Mapping[str, str], *, without: Collection[str] = SESSION_VARIABLES
) -> bytes:
    """Return the lines that export an environment, whatever bytes its values have.

    Args:
        environment: As ``os.environ`` has it.
        without: Names that the session has from elsewhere.
    """
    return b"\n".join(
        b"export %s=%s" % (name.encode(), os.fsencode(shlex.quote(value)))
        for name, value in environment.items()
        if _NAME.fullmatch(name) and name not in _OF_THE_SHELL and name not in without
    )
