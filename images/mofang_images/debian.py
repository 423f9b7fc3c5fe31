"""Make the Debian below all images with debootstrap.

For machines without a registry of images. Elsewhere a registry's Debian does
(``--base-image``).
"""

import shutil
from pathlib import Path

from mofang_images.apt import SUITE, debian_mirror
from mofang_images.commands import CommandLog, step
from mofang_images.errors import HostError
from mofang_images.store import Store
from mofang_images.trees import digest

VARIANT = "minbase"

SOURCES = """\
# Images name no mirror: builds use that of the machine they run on.
"""
"""What an image says of its packages' origin."""

EXCLUDED = """\
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/man/*
path-exclude /usr/share/info/*
path-exclude /usr/share/locale/*
path-include /usr/share/locale/locale.alias
"""
"""What packages need not unpack into a container, for dpkg."""

SCRIPTS = Path("/usr/share/debootstrap/scripts")
"""How debootstrap installs a release: one script for each name."""

_NEWEST_SCRIPT = "sid"

_EMPTIED = (
    "var/cache/apt",
    "var/lib/apt/lists",
    "var/log",
    "usr/share/man",
    "usr/share/info",
    "usr/share/locale",
)


def root_identity() -> str:
    """Return the name of the root this module makes: a hash of its recipe."""
    recipe = [SUITE, VARIANT, SOURCES, EXCLUDED, *_EMPTIED]
    return digest(recipe)[:16]


def make_root(store: Store) -> Path:
    """Return the archive of a Debian root, made now if it was not yet.

    Raises:
        HostError: debootstrap is missing, or too old for any release like ours.
        CommandError: It failed.
    """
    archive = store.root(root_identity())
    if archive.exists():
        return archive
    log = CommandLog(path=store.log("debian", root_identity()))
    with step("Installing a Debian to build on"), store.scratch("debian") as scratch:
        root = scratch / "root"
        log.run("install a Debian root", debootstrap_command(root))
        _tidy(root)
        with store.finished(archive) as unfinished:
            log.run(
                "archive the Debian root",
                ["tar", "--numeric-owner", "-C", root, "-cf", unfinished, "."],
            )
    store.trim(archive, "debian")
    return archive


def debootstrap_command(
    root: Path, scripts: Path = SCRIPTS, mirror: str | None = None
) -> list[str | Path]:
    """Return the command that installs our release into an empty folder.

    It runs in namespaces of its own: ended at any moment, it leaves neither a process
    nor a mount in the folder.

    Args:
        root: The empty folder.
        scripts: Where debootstrap has its scripts, one per release.
        mirror: Address of Debian's packages; this machine's by default.
    """
    script = scripts / SUITE
    if not script.exists():
        # An older debootstrap knows no release of its future, which are all alike.
        script = scripts / _NEWEST_SCRIPT
    if not script.exists():
        raise HostError(
            f"debootstrap is missing or cannot install Debian's {SUITE}; "
            "on Debian: apt-get install debootstrap. Elsewhere build on an image of "
            f"it: --base-image debian:{SUITE}-slim."
        )
    return [
        *("unshare", "--mount", "--pid", "--fork", "--kill-child"),
        *("debootstrap", f"--variant={VARIANT}", SUITE, root),
        *(mirror or debian_mirror(), script),
    ]


def _tidy(root: Path) -> None:
    """Remove what debootstrap leaves of this machine, and what no container reads."""
    (root / "etc/apt/sources.list").write_text(SOURCES)
    (root / "etc/dpkg/dpkg.cfg.d/mofang").write_text(EXCLUDED)
    for left in ("etc/resolv.conf", "etc/hostname"):
        (root / left).unlink(missing_ok=True)
    for folder in _EMPTIED:
        for entry in (root / folder).iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
    for package in (root / "usr/share/doc").iterdir():
        if package.is_dir() and not package.is_symlink():
            for entry in package.iterdir():
                if entry.name != "copyright":
                    shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
