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
from mofang_local.log_migration import migrate_logs

VERSION = 3
"""2: other names of the node labels and of the fields of stored jobs.
3: logs of jobs outside of the directories of projects."""

Migration = Callable[[LocalPaths], None]

MIGRATIONS: Mapping[int, Migration] = {2: migrate_logs}
"""Version → what turns a state of it into one of the next version."""


def ensure(
    found: LocalPaths,
    *,
    version: int = VERSION,
    migrations: Mapping[int, Migration] = MIGRATIONS,
) -> None:
    """Migrate the state folder to this version, or refuse before anything is changed.

    Args:
        found: Where the state folder is.
        version: What this version of the platform knows.
        migrations: What it can migrate.

    Raises:
        PreflightError: It is of a newer version, or of one that nothing migrates.
    """
    record = found.state / "version"
    if (found.state / "etcd").exists():
        # The first version wrote no record.
        left = int(record.read_text()) if record.exists() else 1
        for step in _steps(left, version, migrations, found):
            step(found)
    write_private(record, f"{version}\n")


def _steps(
    left: int, version: int, migrations: Mapping[int, Migration], found: LocalPaths
) -> list[Migration]:
    """Return the migrations that are needed, all of which exist."""
    stays = (
        f"Or remove it by `make clean`, with all homes and jobs; copy "
        f"{found.storage} before to keep the files."
    )
    if left > version:
        raise PreflightError(
            f"{found.state} was left by a newer version of Mofang (state {left}, "
            f"this one knows {version}): check out that version or a later one. {stays}"
        )
    steps = [migrations.get(each) for each in range(left, version)]
    if None in steps:
        raise PreflightError(
            f"{found.state} was left by an older version of Mofang (state {left}), "
            f"which this one (state {version}) cannot migrate: check out the version "
            f"that made it. {stays}"
        )
    return [each for each in steps if each]
