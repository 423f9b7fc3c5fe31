"""Build the wheels of our own projects, each once per state of its sources."""

import fcntl
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mofang_images.commands import CommandLog, step
from mofang_images.errors import HostError, SourceError
from mofang_images.store import Store
from mofang_images.trees import project_digest

_ATTEMPTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A wheel of one of our projects, and the state of the sources it is of."""

    digest: str
    path: Path


def wheel_of(project: str, repository: Path, store: Store) -> Wheel:
    """Return the wheel of a project, built now if its sources are new.

    Args:
        project: Directory with a ``pyproject.toml``.
        repository: Root of the checkout.
        store: Where built images are kept.

    Raises:
        SourceError: The sources never stood still while they were built.
    """
    with store.locked(f"wheel-{project}"):
        return _ensure_wheel(project, repository, store)


def _ensure_wheel(project: str, repository: Path, store: Store) -> Wheel:
    folder = repository / project
    for _ in range(_ATTEMPTS):
        digest = project_digest(folder)
        target = store.wheels(project, digest)
        if target.exists():
            return Wheel(digest=digest, path=_only_wheel(target))
        log = CommandLog(path=store.log(project.replace("/", "-"), digest[:16]))
        with step(f"Building the wheel of {project}"):
            with store.finished(target) as unfinished:
                with _front_end_lock(repository):
                    _build_front_end(folder, log)
                _build_wheel(folder, unfinished, log)
            if project_digest(folder) == digest:
                store.trim(target, project.replace("/", "-"))
                return Wheel(digest=digest, path=_only_wheel(target))
            # Somebody is editing: what was built is not what its name says.
            shutil.rmtree(target)
    raise SourceError(
        f"The files of {project} changed again and again while they were built; "
        "try once more when they are at rest."
    )


@contextmanager
def _front_end_lock(repository: Path) -> Iterator[None]:
    """Let one process at a time install into the workspace, which all extensions share.

    The Makefile's tests of the front end take the same lock.
    """
    path = repository / "build" / "front-end.lock"
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build_front_end(folder: Path, log: CommandLog) -> None:
    """Build what runs in the browser, for projects that have such a part."""
    if not (folder / "package.json").exists():
        return
    jlpm = program("jlpm")
    # The front end's scripts call programs of the same environment.
    path = f"{jlpm.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    for arguments in (["install", "--immutable"], ["build:prod"]):
        log.run(
            f"build the front end of {folder.name}",
            [jlpm, *arguments],
            cwd=folder,
            env={"PATH": path, "YARN_ENABLE_TELEMETRY": "0"},
        )


def _build_wheel(folder: Path, target: Path, log: CommandLog) -> None:
    log.run(
        f"build the wheel of {folder.name}",
        [program("uv"), "build", "--wheel", "--out-dir", target, folder],
    )
    # uv marks its folders as not to be committed; here only the wheel counts.
    (target / ".gitignore").unlink(missing_ok=True)


def program(name: str) -> Path:
    """Find a program of the environment we run in, or on the path."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise HostError(
            f"The program {name} is missing; `make .venv/ready` installs it."
        )
    return Path(found)


def _only_wheel(folder: Path) -> Path:
    (wheel,) = folder.glob("*.whl")
    return wheel
