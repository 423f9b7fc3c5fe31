"""Unpack a saved environment in a pod; what is there then stands on the image.

The spawner and the training service mount its archives, read-only, and an empty folder
on the node's disk, and name its digest. Whoever needs it first unpacks it; others wait.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from mofang_run.environments.directory import PackagesError, site_folder
from mofang_run.environments.image import Image
from mofang_run.environments.plan import IMAGE_FILE, Plan, add_python
from mofang_run.environments.saved_archive import (
    ArchiveError,
    install_programs,
    unpack,
)
from mofang_run.environments.saved_lock import LOCK_FILE, Lock, LockError, read_lock

DIGEST_VARIABLE = "MOFANG_SAVED_DIGEST"
ARCHIVES_VARIABLE = "MOFANG_SAVED_ARCHIVES"
FILES_VARIABLE = "MOFANG_SAVED_FILES"

_COMPLETE = ".complete"


def is_saved(environment: Mapping[str, str]) -> bool:
    """Whether the process's environment is a saved one."""
    return bool(environment.get(DIGEST_VARIABLE))


def read_base(environment: Mapping[str, str]) -> Lock | None:
    """Return the lock of the saved environment that this pod was started from.

    None in a pod of an image's environment.

    Raises:
        PackagesError: It cannot be read.
    """
    digest = environment.get(DIGEST_VARIABLE)
    if not digest:
        return None
    try:
        path = Path(environment[ARCHIVES_VARIABLE]) / LOCK_FILE
        return read_lock(path.read_bytes(), digest)
    except LockError as error:
        raise _unusable(str(error)) from None
    except (OSError, KeyError) as error:
        raise _unusable(f"Its archives cannot be read: {_reason(error)}.") from error


def base_image(environment: Mapping[str, str]) -> Image:
    """Return what a person's directory stands on, unpacked where that is to be done.

    The image alone, or a saved environment and the image.

    Raises:
        PackagesError: The saved environment cannot be used.
    """
    image = Image.running()
    lock = read_base(environment)
    if lock is None:
        return image
    if lock.python != image.version:
        raise _unusable(
            f"It was saved with Python {lock.python}, and the image of "
            f"{lock.environment} has Python {image.version} by now. Install its "
            "packages there, and save it again."
        )
    prefix = _unpacked(lock, image, environment)
    site = prefix / image.site_folder
    return replace(image, sites=(site, *image.sites), overlay=prefix)


def _unpacked(lock: Lock, image: Image, environment: Mapping[str, str]) -> Path:
    """Return the folder with its files, once they are there."""
    files = Path(environment.get(FILES_VARIABLE, ""))
    prefix = files / lock.digest[:16]
    if (prefix / _COMPLETE).is_file():
        return prefix
    archives = Path(environment[ARCHIVES_VARIABLE])
    try:
        with ExitStack() as stack:
            lock_file = os.open(
                str(files / ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660
            )
            stack.callback(os.close, lock_file)
            fcntl.flock(lock_file, fcntl.LOCK_EX)
            if not (prefix / _COMPLETE).is_file():
                _unpack_all(lock, image, archives, prefix)
    except ArchiveError as error:
        raise _unusable(str(error)) from None
    except OSError as error:
        raise _unusable(f"It cannot be unpacked: {_reason(error)}.") from error
    return prefix


def _unpack_all(lock: Lock, image: Image, archives: Path, prefix: Path) -> None:
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=str(prefix.parent)))
    try:
        draft.chmod(0o755)
        # One after the other: two of tar stumble over a folder that both make.
        for name in dict.fromkeys(each.archive for each in lock.distributions):
            unpack(archives / f"{name}.tar", name, draft)
        programs = draft / "bin"
        programs.mkdir(exist_ok=True)
        names = [each.name for each in programs.iterdir() if each.is_file()]
        install_programs(draft, names, prefix)
        _add_python(image, draft)
        shutil.rmtree(str(prefix), ignore_errors=True)
        (draft / _COMPLETE).touch()
        draft.rename(prefix)
    finally:
        shutil.rmtree(str(draft), ignore_errors=True)


def _add_python(image: Image, root: Path) -> None:
    """Make a virtual environment of it that finds the image's packages, too."""
    plan = Plan()
    add_python(plan, image)
    lines = "import site; " + "; ".join(
        f"site.addsitedir({str(site)!r})" for site in image.sites
    )
    folder = site_folder(image.version)
    plan.files[f"{folder}/{IMAGE_FILE}"] = (f"{lines}\n".encode(), 0o644)
    for path, target in plan.links.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).symlink_to(target)
    for path, (content, mode) in plan.files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
        (root / path).chmod(mode)


def _unusable(reason: str) -> PackagesError:
    return PackagesError(f"The saved environment cannot be used. {reason}")


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return "there is no room on the node's disk"
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return f"{error} is not set"
