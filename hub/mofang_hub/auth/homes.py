"""Authenticators that make a home for each user they add.

A person may submit jobs with a token and never start a server; the training service
cannot make homes, as it sees nothing but logs.
"""

from pathlib import Path
from typing import Any

from jupyterhub.auth import Authenticator
from jupyterhub.utils import maybe_future

from mofang_spawner.volumes.homes import ensure_home


def with_homes(kind: type[Authenticator], homes: Path | None) -> type[Authenticator]:
    """Return a subclass that makes homes once ``makes_homes`` is set.

    JupyterHub adds all known users at its start; they have homes.

    Args:
        kind: The authenticator that is configured.
        homes: Where homes are; None where none can be made.
    """

    class WithHomes(kind):  # type: ignore[misc] # JupyterHub has no types
        makes_homes = False

        async def add_user(self, user: Any) -> None:
            await maybe_future(super().add_user(user))
            if self.makes_homes:
                await ensure_home(homes, user.name)

    # Messages and settings speak of the class that is configured.
    WithHomes.__name__ = WithHomes.__qualname__ = kind.__name__
    return WithHomes
