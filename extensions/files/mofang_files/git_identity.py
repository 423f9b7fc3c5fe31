"""Give git the name of the hub's user, where a person has set none.

It is the configuration of the system, the weakest: what is in ``~/.gitconfig`` or in a
repository wins, and no file of the person's is touched.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from pathlib import Path
from urllib.parse import urlsplit

_VARIABLE = "GIT_CONFIG_SYSTEM"
_SYSTEM = "/etc/gitconfig"
_PLAIN = re.compile(r"[\w.@+ -]+")


def set_identity(environment: MutableMapping[str, str], folder: Path) -> None:
    """Write the configuration, and have all processes that follow read it.

    Args:
        environment: Variables of this process.
        folder: Of this container alone.

    Raises:
        OSError: It cannot be written.
    """
    user = environment.get("JUPYTERHUB_USER", "")
    if not _PLAIN.fullmatch(user) or _VARIABLE in environment:
        return
    file = folder / "gitconfig"
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(
        f'[include]\n\tpath = {_SYSTEM}\n[user]\n\tname = "{user}"\n'
        f'\temail = "{_email(user, environment)}"\n',
        encoding="utf-8",
    )
    environment[_VARIABLE] = str(file)


def _email(user: str, environment: MutableMapping[str, str]) -> str:
    if "@" in user:
        return user
    public = environment.get("JUPYTERHUB_PUBLIC_HUB_URL", "")
    host = urlsplit(public).hostname or "localhost"
    return f"{user.replace(' ', '.')}@{host}"
