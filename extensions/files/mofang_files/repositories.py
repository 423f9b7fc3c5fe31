"""Clone a git repository into the home, or update the clone that is there.

nbgitpuller does it, in a process of its own: what a person has changed is committed
and wins over what came from the repository, files of theirs that are in the way are
renamed, and what they deleted is restored. Texts of a link reach git as arguments.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from mofang_files.errors import AbsentError, FilesError, from_os

_MOST_LINES = 200
_LONGEST_LINE = 2**20
_KEPT_TASKS = 20
_STAGING = ".mofang/clones"
_DIRECTORY = re.compile(r"[A-Za-z0-9_~][A-Za-z0-9._~-]*")
_GITS_REASON = re.compile(r"^(fatal|error|ERROR): (?P<text>.+)")
_RENAMED = re.compile(r"^Renamed (?P<old>.+) to (?P<new>.+) to avoid conflict")


class InTheWayError(FilesError):
    """Something is where the repository would be cloned to."""

    code = "in_the_way"
    status = 409


@dataclass(slots=True, kw_only=True)
class CloneTask:
    """One clone or update, and what became of it."""

    id: str
    source: tuple[str, str]
    """Address and branch."""
    directory: Path
    is_update: bool
    """Whether a clone was there before."""
    state: Literal["running", "done", "failed"] = "running"
    message: str = ""
    """Why it failed."""
    renamed: list[str] = field(default_factory=list)
    """Names that files of the person's have now, as others have come in their place."""
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=_MOST_LINES))
    """What git and nbgitpuller said last."""


class Repositories:
    """Clones below the home, one at a time for each directory.

    Args:
        home: The person's directory.
        protocols: That git may use, separated by colons.
    """

    def __init__(self, home: Path, protocols: str = "https") -> None:
        self._home = home
        self._protocols = protocols
        self._tasks: dict[str, CloneTask] = {}
        # Between the look at what is there and the task, nobody else begins one.
        self._starting = asyncio.Lock()
        self._running: dict[str, asyncio.Task[None]] = {}

    def find(self, task_id: str) -> CloneTask:
        """Return a task.

        Raises:
            AbsentError: There is none.
        """
        if task_id not in self._tasks:
            raise AbsentError("This clone is not known here: the server was restarted.")
        return self._tasks[task_id]

    async def start(self, address: str, branch: str, name: str) -> CloneTask:
        """Begin to clone or to update; a second wish for one directory joins the first.

        Args:
            address: Of the repository.
            branch: Its name; empty for the repository's default.
            name: Of the directory in the home.

        Raises:
            FilesError: Something else is there; says what, and what to do.
        """
        if not _DIRECTORY.fullmatch(name):
            raise FilesError(f"{name!r} is not the name of a directory for a clone.")
        async with self._starting:
            return await self._join_or_start(address, branch, self._home / name)

    async def _join_or_start(
        self, address: str, branch: str, directory: Path
    ) -> CloneTask:
        for task in self._tasks.values():
            if task.state == "running" and task.directory == directory:
                if task.source == (address, branch):
                    return task
                raise InTheWayError(
                    f"Another repository is being cloned into ~/{directory.name}. "
                    "Wait for it, then open the link again."
                )
        is_update = await asyncio.to_thread(check_target, directory, address, branch)
        task = CloneTask(
            id=secrets.token_hex(8),
            source=(address, branch),
            directory=directory,
            is_update=is_update,
        )
        while len(self._tasks) >= _KEPT_TASKS:
            ended = [each for each in self._tasks.values() if each.state != "running"]
            if not ended:
                raise FilesError("Too many clones are running. Wait for one to end.")
            del self._tasks[ended[0].id]
        self._tasks[task.id] = task
        running = asyncio.create_task(self._run(task, address, branch))
        self._running[task.id] = running
        running.add_done_callback(lambda _: self._running.pop(task.id, None))
        return task

    async def stop(self) -> None:
        """End what runs; a clone that is not complete goes."""
        running = list(self._running.values())
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _run(self, task: CloneTask, address: str, branch: str) -> None:
        staging = self._home / _STAGING / task.id
        target = task.directory if task.is_update else staging / task.directory.name
        try:
            staging.mkdir(parents=True)
            code = await self._pull(task, [address, branch, str(target)])
            if code:
                task.state, task.message = "failed", _reason(task, address, branch)
                return
            if not task.is_update:
                # Complete: until now nobody saw any of it.
                target.rename(task.directory)
            task.state = "done"
        except OSError as err:
            task.state = "failed"
            task.message = str(from_os(err, "The repository was not cloned"))
        except ValueError:
            # A line beyond the limit: whatever says it, it is not git.
            task.state, task.message = "failed", _reason(task, address, branch)
        finally:
            if task.state == "running":
                task.state, task.message = "failed", "The server is stopping."
            await asyncio.to_thread(shutil.rmtree, staging, ignore_errors=True)

    async def _pull(self, task: CloneTask, arguments: Sequence[str]) -> int:
        """Run nbgitpuller; return its exit code."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "nbgitpuller.pull",
            "--",
            *arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self._home,
            limit=_LONGEST_LINE,
            env={
                **os.environ,
                "GIT_ALLOW_PROTOCOL": self._protocols,
                "GIT_TERMINAL_PROMPT": "0",
                "PYTHONUNBUFFERED": "1",
            },
            start_new_session=True,
        )
        try:
            while line := await _next_line(process):
                if text := line.decode(errors="replace").strip():
                    task.lines.append(text)
                    if found := _RENAMED.match(text):
                        task.renamed.append(Path(found["new"]).name)
            return await process.wait()
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)
                await process.wait()


async def _next_line(process: asyncio.subprocess.Process) -> bytes:
    """Return a line of the output; empty after the last."""
    return await process.stdout.readline() if process.stdout else b""


def check_target(directory: Path, address: str, branch: str) -> bool:
    """Return whether the clone is there already, to be updated.

    Args:
        directory: Where it is, or shall be.
        address: Of the repository.
        branch: Its name; empty for any.

    Raises:
        FilesError: Something else is there, or another branch.
    """
    if not os.path.lexists(directory):
        return False
    name = f"~/{directory.name}"
    origin = ask_git(directory, "config", "--get", "remote.origin.url")
    top = ask_git(directory, "rev-parse", "--show-toplevel")
    is_clone = bool(top) and Path(top).resolve() == directory.resolve()
    if not is_clone or _same(origin) != _same(address):
        raise InTheWayError(
            f"{name} is there, and is no clone of this repository. Rename it, then "
            "open the link again."
        )
    current = ask_git(directory, "symbolic-ref", "--short", "--quiet", "HEAD")
    if branch and current != branch:
        raise InTheWayError(
            f"{name} is on {current or 'no branch'}, and the link is for {branch}. "
            f"Check {branch} out in it, or rename {name}, then open the link again."
        )
    return True


def ask_git(directory: Path, *arguments: str) -> str:
    """Return what git says of a directory; empty where it says nothing.

    Raises:
        FilesError: There is no git.
    """
    try:
        answer = subprocess.run(  # noqa: S603 - a list, of which no part is a program
            ["git", "-C", str(directory), *arguments],  # noqa: S607 - the image's
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as err:
        raise FilesError("git does not answer. Try again in a minute.") from err
    if answer.returncode:
        return ""
    return answer.stdout.decode(errors="replace").rstrip("\n")


def _same(address: str) -> str:
    return address.rstrip("/").removesuffix(".git").lower()


def _reason(task: CloneTask, address: str, branch: str) -> str:
    """Say why it failed, by what was said last."""
    verb = "updated" if task.is_update else "cloned"
    said = "\n".join(task.lines)
    if "BranchExistError" in said:
        return f"Nothing was {verb}: {address} has no branch {branch}."
    if "BranchResolveError" in said or "ls-remote" in said:
        return (
            f"Nothing was {verb}: {address} does not answer, does not exist or asks "
            "for a log-in. Open it in the browser to see which."
        )
    for line in reversed(task.lines):
        if found := _GITS_REASON.match(line):
            return f"Nothing was {verb}: {found['text']}."
    if "index.lock" in said:
        return f"Nothing was {verb}: git works in it. Try again in a few minutes."
    return f"Nothing was {verb}. See what git said."
