"""Make the Debian below all images with debootstrap.

For machines without a registry of images. Elsewhere a registry's Debian does
(``--base-image``).
"""

import shutil
from pathlib import Path

from mofang_images.commands import CommandLog, step
from mofang_images.host import PUBLIC_MIRROR, SUITE, debian_mirror
from mofang_images.store import Store
from mofang_images.trees import digest

VARIANT = "minbase"

SOURCES = f"""\
deb {PUBLIC_MIRROR} {SUITE} main
deb {PUBLIC_MIRROR} {SUITE}-updates main
deb {PUBLIC_MIRROR}-security {SUITE}-security main
"""
"""What an image says of its packages' origin, wherever it was built."""

EXCLUDED = """\
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/man/*
path-exclude /usr/share/info/*
path-exclude /usr/share/locale/*
path-include /usr/share/locale/locale.alias
"""
"""What packages need not unpack into a container, for dpkg."""

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
    """Return the archive of a Debian root, made now if it was not yet."""
    archive = store.root(root_identity())
    if archive.exists():
        return archive
    log = CommandLog(path=store.log("debian", root_identity()))
    with step("Installing a Debian to build on"), store.scratch("debian") as scratch:
        root = scratch / "root"
        log.run(
            "install a Debian root",
            ["debootstrap", f"--variant={VARIANT}", SUITE, root, debian_mirror()],
        )
        _tidy(root)
        with store.finished(archive) as unfinished:
            log.run(
                "archive the Debian root",
                ["tar", "--numeric-owner", "-C", root, "-cf", unfinished, "."],
            )
    store.trim(archive, "debian")
    return archive


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
