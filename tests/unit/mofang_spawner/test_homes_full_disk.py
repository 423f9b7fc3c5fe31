"""The disk of homes is full: a start is not refused for a home that cannot be made."""

from support.full_disk import run_on_small_disk

SCRIPT = """
import asyncio, logging
from mofang_spawner.volumes.homes import close_homes, ensure_home

said = []

class Said(logging.Handler):
    def emit(self, record):
        said.append(record.getMessage())

logging.getLogger("mofang_spawner.volumes.homes").addHandler(Said())
asyncio.run(ensure_home(DISK, "ada"))
fillers = []
try:
    while True:
        fillers.append(DISK / f"filler-{len(fillers)}")
        fillers[-1].touch()
except OSError:
    fillers.pop()
asyncio.run(ensure_home(DISK, "ada"))
assert not said, "it is there"
asyncio.run(ensure_home(DISK, "ben"))
assert "No space left on device" in said[0], said
close_homes(DISK)
for each in fillers:
    each.unlink()
asyncio.run(ensure_home(DISK, "ben"))
assert (DISK / "ben").stat().st_mode & 0o777 == 0o770
"""


def test_a_home_that_cannot_be_made_is_made_at_the_next_start(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()

    run_on_small_disk(SCRIPT, folder, options="size=256k,nr_inodes=20")
