"""Trees of files with everything that people and programs leave in a home."""

import os
import random
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

OWNER = 1000
DEEP = tuple("abcdefghij")

_ATTEMPTS = 6

_COPY = """
import sys
from pathlib import Path
from mofang_local.tree_copy import copy_tree
copy_tree(Path(sys.argv[1]), Path(sys.argv[2]), lambda _: None)
"""


def make_tree(top: Path) -> None:
    """Make a storage with one home: odd names, modes, links, times, holes and so on."""
    home = top / "users" / "ada"
    home.mkdir(parents=True, mode=0o770)
    (top / "global").mkdir(mode=0o755)
    (home / "train.py").write_text("print()\n")
    (home / "train.py").chmod(0o640)
    (home / "run.sh").write_text("#!/bin/sh\n")
    (home / "run.sh").chmod(0o4755)
    (home / "empty").touch()
    (home / "umläut\nand line").write_text("odd")
    (home / os.fsdecode(b"no-utf8-\xff")).write_text("odd")
    (home / "secret").write_text("key")
    (home / "secret").chmod(0o000)
    os.link(home / "train.py", home / "same.py")
    (home / "to-etc").symlink_to("/etc/passwd")
    (home / "to-nothing").symlink_to("gone")
    (home / "to-folder").symlink_to(top.parent)
    with (home / "sparse").open("wb") as file:
        file.truncate(64 * 1024 * 1024)
        file.seek(32 * 1024 * 1024)
        file.write(b"middle")
    os.setxattr(home / "train.py", "user.origin", b"notebook")
    os.mkfifo(home / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        os.chdir(home)
        listening.bind("agent")
    os.chdir("/")
    deep = home.joinpath(*DEEP)
    deep.mkdir(parents=True)
    for number in range(200):
        (deep / f"{number}").write_bytes(random.Random(number).randbytes(4000))
    (home / "closed").mkdir()
    (home / "closed" / "kept").write_text("kept")
    (home / "closed").chmod(0o500)
    if os.geteuid() == 0:
        for each in (home, *home.rglob("*")):
            os.chown(each, OWNER, OWNER, follow_symlinks=False)
        (home / "run.sh").chmod(0o4755)
    os.utime(home / "train.py", ns=(1, 1_700_000_000_123_456_789))
    os.utime(home / "to-etc", ns=(1, 1_600_000_000_000_000_001), follow_symlinks=False)
    os.utime(deep, ns=(1, 1_500_000_000_000_000_002))


def facts(top: Path) -> dict[str, tuple[object, ...]]:
    """Return what there is to know of each entry, by its path.

    Of several names of one file, which they are.
    """
    names: dict[int, list[str]] = {}
    entries = [top, *sorted(top.rglob("*"))]
    for each in entries:
        names.setdefault(each.lstat().st_ino, []).append(str(each.relative_to(top)))
    found = {}
    for each in entries:
        state = each.lstat()
        content: object = None
        if stat.S_ISLNK(state.st_mode):
            content = each.readlink()
        elif stat.S_ISREG(state.st_mode):
            content = each.read_bytes()
        found[str(each.relative_to(top))] = (
            state.st_mode,
            state.st_uid,
            state.st_gid,
            state.st_mtime_ns,
            names[state.st_ino],
            content,
            {
                name: os.getxattr(each, name, follow_symlinks=False)
                for name in os.listxattr(each, follow_symlinks=False)
            },
        )
    return found


def kill_copies(source: Path, target: Path, draw: random.Random, seconds: float) -> int:
    """Begin to copy some times, and kill the launcher alone; return how often.

    Args:
        source: As ``copy_tree`` takes it.
        target: Likewise.
        draw: Says when.
        seconds: The last is killed before, the first ones as they begin.
    """
    killed = 0
    for attempt in range(_ATTEMPTS):
        command = [sys.executable, "-c", _COPY, str(source), str(target)]
        with subprocess.Popen(command, start_new_session=True) as process:
            try:
                process.wait(draw.uniform(0.1, 0.1 + seconds * attempt / _ATTEMPTS))
            except subprocess.TimeoutExpired:
                # rsync must not go on beside the next one.
                process.send_signal(signal.SIGKILL)
                killed += 1
    return killed
