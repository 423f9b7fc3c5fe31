"""Make a user's home in the shared storage, before anything mounts it.

The kubelet makes missing sub-paths itself, but as root's and with the mode of their
parent: git takes such a home for somebody else's, and where the parent is closed its
user cannot write to it. In the platform's pods we are the user of people's containers;
root gives the home to that user.
"""

import asyncio
import logging
import os
from pathlib import Path

from mofang_kube.names import UID, user_slug

FOLDER = "users"
"""Of the storage's root; what the claim ``mofang-users`` holds."""

_MODE = 0o770
"""Its group is that of all its user's containers; a job may have another user id."""

_SECONDS = 5.0

log = logging.getLogger(__name__)


async def ensure_home(users: Path | None, username: str) -> None:
    """Make the home unless it is there; where that fails, leave it to the kubelet.

    Args:
        users: Where homes are; None where none can be made.
        username: Whose; the directory has the user's slug for a name.
    """
    if users is None:
        return
    home = users / user_slug(username)
    try:
        async with asyncio.timeout(_SECONDS):
            await asyncio.to_thread(_make, home)
    except (OSError, TimeoutError) as err:
        log.warning("The home %s could not be made: %r", home, err)


def _make(home: Path) -> None:
    try:
        home.mkdir(mode=_MODE)
    except FileExistsError:
        return
    if os.geteuid() == 0:
        os.chown(home, UID, UID)
    # The mask of this process is not to count.
    home.chmod(_MODE)
