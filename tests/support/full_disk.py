"""Run a script on a file system of its own that is small, and gone afterwards.

It is a real one, in the memory of a mount namespace: what happens on a full disk is the
kernel's word, not that of a stand-in.
"""

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]

_FILL = '''
import errno, os, sys
from pathlib import Path

DISK = Path(sys.argv[1])


def fill():
    """Leave no byte free."""
    with (DISK / "filler").open("ab", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 512)
        except OSError as error:
            assert error.errno == errno.ENOSPC


def make_room():
    (DISK / "filler").unlink()


'''


def run_on_small_disk(script: str, folder: Path, *, options: str = "size=256k") -> str:
    """Run Python code in a process of its own; return what it printed.

    The code has ``DISK``, the root of the file system, and ``fill`` and ``make_room``.

    Args:
        script: The code.
        folder: Where the file system is mounted.
        options: Of the ``tmpfs``.

    Raises:
        AssertionError: It failed; with what it said.
    """
    flags = ["--mount"]
    if os.geteuid():
        flags += ["--user", "--map-root-user"]
    mounted = f'mount -t tmpfs -o {options} none "$1" && shift && exec "$@"'
    python = [sys.executable, "-c", _FILL + script, str(folder)]
    done = subprocess.run(
        ["unshare", *flags, "sh", "-c", mounted, "sh", str(folder), *python],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
