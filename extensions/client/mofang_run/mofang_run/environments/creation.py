"""Create a person's directory, bring it up to date with the image, or reset it.

It is made without the image's packages in it, which takes no time; they are linked
into it before the first of them is changed (see ``thin``).

A new tree is made beside the old one and takes its place by a rename, so that nobody
finds half of one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from mofang_run.environments.directory import (
    MANIFEST,
    Directory,
    Manifest,
    PackagesError,
)
from mofang_run.environments.image import Image
from mofang_run.environments.kept import Own, carry_over, find_own
from mofang_run.environments.plan import Plan, build_plan
from mofang_run.environments.thin import build_thin_plan

WRITERS = 8
"""A home is often on another machine, where each link takes its time to be made."""

_BATCH = 500


def ensure(directory: Directory, image: Image) -> None:
    """Create the directory unless there is one that this image can use.

    Raises:
        PackagesError: It cannot be created.
    """
    if not _is_there(directory, image):
        with _making(directory):
            if not _is_there(directory, image):
                _make(directory, image, Own(), is_linked=False)


def prepare(directory: Directory, image: Image) -> bool:
    """Link the image's packages into the directory, so that they can be changed.

    Returns whether that was not done before.

    Raises:
        PackagesError: It cannot be made.
    """
    with _making(directory):
        is_usable = directory.is_usable(image.version)
        manifest = directory.read_manifest() if is_usable else None
        if manifest is not None and manifest.is_linked:
            return False
        own = find_own(directory, manifest) if manifest is not None else Own()
        _make(directory, image, own, is_linked=True)
    return True


def update(directory: Directory, image: Image) -> bool:
    """Create the directory, or make it anew if it is of another image.

    What the person installed and removed stays so. Returns whether it was made.

    Raises:
        PackagesError: It cannot be created.
    """
    with _making(directory):
        manifest = directory.read_manifest()
        is_current = manifest is not None and manifest.identity == image.identity
        if is_current and directory.is_usable(image.version):
            return False
        own = find_own(directory, manifest) if manifest is not None else Own()
        if manifest is None or manifest.python == image.version:
            is_linked = bool(own.files or own.removed) and (
                manifest is not None and manifest.is_linked
            )
            _make(directory, image, own, is_linked=is_linked)
        else:
            notice = _set_aside(directory, manifest.python, image.version, own)
            _make(directory, image, Own(), is_linked=False, notice=notice)
    return True


def reset(directory: Directory, image: Image) -> None:
    """Make the directory anew, with the packages of the image alone.

    Raises:
        PackagesError: It cannot be created.
    """
    with _making(directory):
        _make(directory, image, Own(), is_linked=False)


def _is_there(directory: Directory, image: Image) -> bool:
    return directory.is_usable(image.version) and (
        directory.read_manifest() is not None
    )


@contextmanager
def _making(directory: Directory) -> Iterator[None]:
    try:
        directory.path.parent.mkdir(parents=True, exist_ok=True)
        with directory.locked() as is_alone:
            if is_alone:
                _repair(directory)
            yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise PackagesError(
            f"The directory of your packages, {directory.path}, cannot be made: "
            f"{reason}. Make room in your home, or check its permissions."
        ) from error


def _repair(directory: Directory) -> None:
    """Undo what somebody left who was interrupted between two renames."""
    old = _old_path(directory)
    if old.is_dir() and not directory.path.exists():
        old.rename(directory.path)
    for state in ("draft", "removed"):
        for left in directory.path.parent.glob(f".{directory.name}.{state}-*"):
            _remove_aside(left)
    _throw_away(directory)


def _old_path(directory: Directory) -> Path:
    return directory.path.with_name(f".{directory.name}.old")


def _make(
    directory: Directory, image: Image, own: Own, *, is_linked: bool, notice: str = ""
) -> None:
    if is_linked:
        plan = build_plan(image, directory.path, {*own.installed, *own.removed})
    else:
        plan = build_thin_plan(image, directory.path)
    draft = tempfile.mkdtemp(
        prefix=f".{directory.name}.draft-", dir=str(directory.path.parent)
    )
    try:
        root = Path(draft)
        root.chmod(0o755)
        write_plan(plan, root)
        manifest = Manifest(
            identity=image.identity,
            python=image.version,
            distributions=plan.distributions,
            entries=tuple(each.name for each in (root / image.site_folder).iterdir()),
            generated=plan.generated(),
            sources=tuple(map(str, image.link_targets)),
            is_linked=is_linked,
            notice=notice,
        )
        (root / MANIFEST).write_text(manifest.text())
        carry_over(directory.path, root, own.files)
        _replace(directory, root)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _replace(directory: Directory, root: Path) -> None:
    old = _old_path(directory)
    if directory.path.exists():
        directory.path.rename(old)
    try:
        root.rename(directory.path)
    except OSError:
        # Another one, on storage without locks, was faster.
        if not directory.path.exists():
            raise
    _throw_away(directory)


def _throw_away(directory: Directory) -> None:
    """Remove the tree of before under a name that nobody takes for a whole one."""
    old = _old_path(directory)
    if old.exists():
        parent = directory.path.parent
        name = tempfile.mkdtemp(prefix=f".{directory.name}.removed-", dir=str(parent))
        _remove_aside(old.rename(Path(name) / "tree").parent)


def _remove_aside(path: Path) -> None:
    """Remove a tree while others go on: it takes as long as making one."""
    subprocess.run(  # noqa: S603 - the path is an argument of its own
        ["/bin/sh", "-c", 'rm -rf -- "$1" &', "sh", str(path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )


def write_plan(plan: Plan, root: Path) -> None:
    """Make the folders, links and files of a plan below an empty folder.

    Raises:
        OSError: There is no room, or the storage fails.
    """
    paths = [*plan.links, *plan.files]
    for folder in sorted(_folders(paths)):
        (root / folder).mkdir()

    def link(batch: list[tuple[str, str]]) -> None:
        for path, target in batch:
            os.symlink(target, f"{root}/{path}")  # noqa: PTH211 - many of them

    links = list(plan.links.items())
    batches = [links[at : at + _BATCH] for at in range(0, len(links), _BATCH)]
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(link, batches))
    for path, (content, mode) in plan.files.items():
        # Never through a link, whose other end is the image's.
        with (root / path).open("xb") as file:
            file.write(content)
        (root / path).chmod(mode)


def _folders(paths: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for path in paths:
        folder = os.path.dirname(path)  # noqa: PTH120 - thousands of them
        while folder and folder not in found:
            found.add(folder)
            folder = os.path.dirname(folder)  # noqa: PTH120
    return found


def _set_aside(directory: Directory, old: str, new: str, own: Own) -> str:
    """Write down packages that another Python cannot use; return what to do."""
    if not own.requirements:
        return ""
    listing = directory.path.with_name(f"{directory.name}-python{old}.txt")
    listing.write_text("".join(f"{line}\n" for line in own.requirements))
    return (
        f"The environment has Python {new} now, and your packages were made for Python "
        f"{old}. Install them again with: pip install -r {listing}"
    )
