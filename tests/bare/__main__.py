"""Work through README on a bare Debian 12, as a new user does.

Debian's smallest installation becomes the root of namespaces of its own. It gets a
fresh clone below /root, which nobody else may enter; the caches that README names; the
machine's settings for registries; and nothing else. Then README's commands run.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from mofang_local import network, preflight
from mofang_local.cluster import Cluster
from mofang_local.errors import LauncherError, PreflightError
from mofang_local.local_paths import LocalPaths, paths
from mofang_local.progress import Progress
from tests.bare import readme, root
from tests.support import passed

NAME = "test-bare"
PROGRAMS = {
    "debootstrap": "debootstrap",
    "git": "git",
    "unshare": "util-linux",
    "mount": "mount",
    "ip": "iproute2",
}
SYSTEM_BYTES = 4 * preflight.GIB
"""Debian itself, with what README installs, and the clone."""
ENTER = Path(__file__).with_name("enter.sh")
CLONE = "root/mofang"
SCRIPT = "root/commands.sh"
TRACE = "PS4='+ after ${SECONDS} s: '\nset -x"
"""Bash prints each command, and how long after the first it began."""


def root_folder(found: LocalPaths) -> Path:
    """Where the bare Debian is."""
    return found.state.parent / "bare"


def remove(folder: Path) -> None:
    """Remove a root, unless something of the machine is still mounted in it."""
    if f" {folder}/" in Path("/proc/self/mounts").read_text():
        raise PreflightError(f"Something is mounted below {folder}: unmount it first.")
    if folder.exists():
        shutil.rmtree(folder)


def platform_is_here() -> bool:
    """Whether a platform runs outside of the bare machine, or starts."""
    # Namespaces inside have no names outside.
    names = network.ip("netns", "list", check=False)
    return any(node.namespace in names for node in network.NODES)


def check(found: LocalPaths, *, beside: bool, cold: bool) -> None:
    """Refuse where a bare machine cannot be made.

    Args:
        found: Where the platform of this machine is.
        beside: Whether it may run meanwhile.
        cold: Whether everything is built anew.

    Raises:
        PreflightError: Something is in the way; tells what to do.
    """
    if os.geteuid():
        raise PreflightError(
            "A bare Debian needs namespaces: run this command as root."
        )
    if platform_is_here() and not beside:
        raise PreflightError(
            "A platform runs on this machine, and both would use the same networks "
            "and cgroups: stop it by `make down`."
        )
    remove(root_folder(found))
    host = preflight.inspect_host(found.state)
    needed = preflight.DISK_BYTES if cold else preflight.BUILT_DISK_BYTES
    needed += SYSTEM_BYTES
    if host.free_disk < needed:
        raise PreflightError(
            f"{host.free_disk // preflight.GIB} GiB of disk are free below "
            f"{found.state.parent}, {needed // preflight.GIB} are needed."
        )
    preflight.install(
        preflight.missing_packages(PROGRAMS), found.build_logs / "bare.log"
    )


def prepare(folder: Path, found: LocalPaths, commands: str) -> None:
    """Make a bare Debian with a clone of this checkout's last commit."""
    archive = found.cache / "bare" / f"{root.SUITE}.tar"
    found.build_logs.mkdir(parents=True, exist_ok=True)
    root.make(folder, archive, found.build_logs / "bare.log")
    (folder / "root").chmod(0o700)
    source = passed.REPOSITORY
    clone = ["git", "clone", "--quiet", "--no-local", str(source), folder / CLONE]
    subprocess.run(clone, check=True)
    (folder / SCRIPT).write_text(f"{TRACE}\n. /{root.ENVIRONMENT}\n{commands}")


def run(folder: Path, caches: list[Path]) -> int:
    """Run the commands inside; return their exit status."""
    for cache in caches:
        cache.mkdir(parents=True, exist_ok=True)
    apart = ["--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child"]
    command = ["unshare", *apart, "bash", ENTER, folder, f"/{SCRIPT}", *caches]
    return subprocess.run(command, check=False).returncode


def clear(found: LocalPaths) -> None:
    """Remove what a platform inside left of cgroups and wires, which are the machine's.

    Its processes and network namespaces are gone with it.
    """
    if not platform_is_here():
        Cluster(found, Progress()).stop()


def parser() -> argparse.ArgumentParser:
    """The command line."""
    found = argparse.ArgumentParser(prog=f"make {NAME}", description=__doc__)
    found.add_argument(
        "--cold", action="store_true", help="with empty caches, which takes an hour"
    )
    found.add_argument(
        "--instead", metavar="COMMANDS", help="run these after README's installation"
    )
    found.add_argument(
        "--beside",
        action="store_true",
        help="even if a platform runs here: the commands must not start another",
    )
    found.add_argument("--keep", action="store_true", help="keep the root afterwards")
    return found


def tried(options: argparse.Namespace, found: LocalPaths) -> int:
    """Make the bare machine, run what was asked for, clear away what is left."""
    repository = passed.REPOSITORY
    page = repository / "docs/contributors/bare-machine.md"
    text = readme.read(repository / "README.md", page)
    commands = readme.commands(text)
    if options.instead:
        installation, _, _ = commands.partition("make up")
        commands = f"{installation}{options.instead}\n"
    caches = (
        [] if options.cold else [Path.home() / path for path in readme.caches(text)]
    )
    folder = root_folder(found)
    prepare(folder, found, commands)
    # The clone has what is committed, and nothing else.
    tested, began = passed.begin(folder / CLONE), time.monotonic()
    try:
        status = run(folder, caches)
    finally:
        clear(found)
    if not options.keep:
        remove(folder)
    if status == 0 and not options.instead:
        passed.record(NAME, tested, time.monotonic() - began)
    return status


def main() -> int:
    """Return 0 when all commands of README passed."""
    options, found = parser().parse_args(), paths()
    print(passed.message(NAME), flush=True)
    try:
        check(found, beside=options.beside, cold=options.cold)
        status = tried(options, found)
    except (LauncherError, readme.ReadmeError, root.RootError) as error:
        print(error, file=sys.stderr)
        return 1
    if status:
        print(f"A command failed with exit status {status}.", file=sys.stderr)
    elif not options.instead:
        print(passed.message(NAME))
    return status


if __name__ == "__main__":
    sys.exit(main())
