"""Whether this version may start what another version of the platform has left.

``VERSION`` counts the forms of the state folder: its layout, and whatever in it only
the version that wrote it can read (labels of objects in etcd, stored jobs). It goes up
with each change that an older state does not survive by itself. The hub's database is
not part of it: JupyterHub migrates that.
"""

from collections.abc import Callable, Mapping

from mofang_local.errors import PreflightError
from mofang_local.files import write_private
from mofang_local.local_paths import LocalPaths

VERSION = 2
"""2: other names of the node labels and of the fields of stored jobs."""

Migration = Callable[[LocalPaths], None]

MIGRATIONS: Mapping[int, Migration] = {}
"""Version → what turns a state of it into one of the next version."""


def ensure(found: LocalPaths) -> None:
    """Migrate the state folder to this version, or refuse before anything is changed.

    Raises:
        PreflightError: It is of a newer version, or of one that nothing migrates.
    """
    record = found.state / "version"
    if (found.state / "etcd").exists():
        # The first version wrote no record.
        version = int(record.read_text()) if record.exists() else 1
        for step in _steps(version, found):
            step(found)
    write_private(record, f"{VERSION}\n")


def _steps(version: int, found: LocalPaths) -> list[Migration]:
    """Return the migrations that are needed, all of which exist."""
    stays = (
        f"Or remove it by `make clean`, with all homes and jobs; copy "
        f"{found.storage} before to keep the files."
    )
    if version > VERSION:
        raise PreflightError(
            f"{found.state} was left by a newer version of Mofang (state {version}, "
            f"this one knows {VERSION}): check out that version or a later one. {stays}"
        )
    steps = [MIGRATIONS.get(each) for each in range(version, VERSION)]
    if None in steps:
        raise PreflightError(
            f"{found.state} was left by an older version of Mofang (state {version}), "
            f"which this one (state {VERSION}) cannot migrate: check out the version "
            f"that made it. {stays}"
        )
    return [each for each in steps if each]
