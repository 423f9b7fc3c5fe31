"""Fetch uv, which installs the Python packages of every image.

The builds mount it, so it is in no layer, and they need nothing to install it with.
"""

import platform
from pathlib import Path

from mofang_images.commands import CommandLog, step
from mofang_images.store import Store
from mofang_images.trees import digest
from mofang_images.wheels import program

_LOCK = "uv.txt"
_GLIBC = "manylinux_2_28"


def make_installer(shared: Path, store: Store) -> Path:
    """Return the program uv of the lock among the shared files, fetched if it is new.

    Raises:
        CommandError: It could not be fetched.
    """
    lock = shared / _LOCK
    machine = "aarch64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
    identity = digest([lock.read_bytes(), machine])[:16]
    folder = store.folder / "installers" / f"uv-{identity}"
    with store.locked("installer"):
        if not folder.exists():
            log = CommandLog(path=store.log("installer", identity))
            with (
                step("Fetching the installer of packages"),
                store.finished(folder) as unfinished,
            ):
                command: list[str | Path] = [program("uv"), "pip", "install", "--quiet"]
                command += ["--python-platform", f"{machine}-{_GLIBC}"]
                command += ["--target", unfinished, "--no-deps", "--require-hashes"]
                log.run("fetch uv", [*command, "-r", lock])
            store.trim(folder, "uv")
    return folder / "bin" / "uv"
