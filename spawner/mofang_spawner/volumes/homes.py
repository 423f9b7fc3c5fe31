"""Make a user's home in the shared storage, before anything mounts it.

The kubelet makes missing sub-paths itself, but as root's and with the mode of their
parent: git takes such a home for somebody else's, and where the parent is closed its
user cannot write to it. In the platform's pods we are the user of people's containers;
root gives the home to that user.
"""

import asyncio
import logging
import os
import stat
from pathlib import Path

from mofang_kube.names import UID, user_slug

FOLDER = "users"
"""Of the storage's root; what the claim ``mofang-users`` holds."""

MODE = 0o770
"""Its group is that of all containers, which mount nobody else's home; a job of its
user may have another user id."""

_SECONDS = 5.0
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

log = logging.getLogger(__name__)


async def ensure_home(users: Path | None, username: str) -> None:
    """Make the home, or close it; where that fails, leave it to the kubelet.

    Args:
        users: Where homes are; None where none can be made.
        username: Whose; the directory has the user's slug for a name.
    """
    if users is None:
        return
    home = users / user_slug(username)
    try:
        async with asyncio.timeout(_SECONDS):
            await asyncio.to_thread(_ensure, home)
    except (OSError, TimeoutError) as err:
        log.warning("The home %s could not be made: %r", home, err)


def close_homes(users: Path | None) -> None:
    """Close the homes that are there, as earlier versions and the kubelet made them."""
    if users is None:
        return
    try:
        with os.scandir(users) as homes:
            for each in homes:
                if each.is_dir(follow_symlinks=False):
                    _try_to_close(Path(each.path))
    except OSError as err:
        log.warning("The homes in %s could not be read: %r", users, err)


def _try_to_close(home: Path) -> None:
    try:
        _close(home)
    except OSError as err:
        log.warning("The home %s could not be closed: %r", home, err)


def _ensure(home: Path) -> None:
    try:
        home.mkdir(mode=MODE)
    except FileExistsError:
        _close(home)
        return
    if os.geteuid() == 0:
        os.chown(home, UID, UID, follow_symlinks=False)
    # The mask of this process is not to count.
    _close(home)


def _close(home: Path) -> None:
    """Let nobody but its user's containers in; what is no directory stays as it is."""
    directory = os.open(home, _DIRECTORY)
    try:
        found = os.fstat(directory)
        if os.geteuid() not in {0, found.st_uid}:
            log.warning(
                "The home %s belongs to user %d and stays open as it is (mode %o): "
                "run `chown %d:%d` on it.",
                home,
                found.st_uid,
                stat.S_IMODE(found.st_mode),
                UID,
                UID,
            )
        elif stat.S_IMODE(found.st_mode) != MODE:
            os.fchmod(directory, MODE)
    finally:
        os.close(directory)
