"""What the hub's admins may do: everything but enter other people's servers.

JupyterHub refuses another definition of the role ``admin`` in its configuration, and
makes it anew at each start. So its scopes are changed after that, before anybody is
answered.
"""

from collections.abc import Iterable
from typing import Any

from jupyterhub.orm import Role

from mofang_hub.auth.scopes import ADMIN_SCOPES

WITHHELD = ("access:servers", "shares", "tokens")
"""``shares`` has ``access:servers`` in it, and ``tokens`` would give tokens of other
users, which lead into their servers."""

_INSTEAD = ("read:tokens", "read:shares")


def restrict_admins(db: Any, custom_scopes: Iterable[str]) -> None:
    """Change the scopes of the role.

    Args:
        db: Session of JupyterHub's database.
        custom_scopes: Those that the hub knows.
    """
    role, known = Role.find(db, "admin"), set(custom_scopes)
    kept = [each for each in role.scopes if each not in WITHHELD]
    granted = [*_INSTEAD, *(each for each in ADMIN_SCOPES if each in known)]
    role.scopes = [*kept, *(each for each in granted if each not in kept)]
    db.commit()
