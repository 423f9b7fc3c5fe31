"""The disk of homes is full: what is there stays, the rest comes with room."""

from support.full_disk import run_on_small_disk

SCRIPT = """
import errno, os
from mofang_storage.base import StorageDirectory
from mofang_storage.plain import PlainStorage

storage = PlainStorage(DISK, os.geteuid())
ada, ben = (StorageDirectory((each,), 0o770) for each in ("ada", "ben"))
storage.ensure(ada)
fillers = []
try:
    while True:
        fillers.append(DISK / f"filler-{len(fillers)}")
        fillers[-1].touch()
except OSError:
    fillers.pop()
storage.ensure(ada)
try:
    storage.ensure(ben)
except OSError as err:
    assert err.errno == errno.ENOSPC, err
else:
    raise AssertionError("there was room")
assert not (DISK / "ben").exists(), "nothing half made"
for each in fillers:
    each.unlink()
storage.ensure(ben)
assert (DISK / "ben").stat().st_mode & 0o777 == 0o770
"""


def test_a_home_that_cannot_be_made_is_made_once_there_is_room(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()

    run_on_small_disk(SCRIPT, folder, options="size=256k,nr_inodes=20")
