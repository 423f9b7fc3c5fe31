"""Handlers of ``mofang/training/api/packages``: what a person changed, and undoing it.

``mofang-environment`` does the work, in a process of its own: making a directory anew
takes seconds, and whatever becomes of it the server goes on.
"""

# mypy: disable-error-code="misc, untyped-decorator"
# jupyter_server counts as untyped, so its classes and decorators are Any.

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus

from jupyter_server.auth.decorator import authorized
from tornado import web

from mofang_run.environments.cli import WRONG_USE
from mofang_training.forwarding import TrainingHandler

PROGRAM = (sys.executable, "-I", "-m", "mofang_run.environments.cli")


class ProgramError(Exception):
    """``mofang-environment`` failed; the message is its sentence."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


async def run_program(
    *arguments: str, on_line: Callable[[bytes], None] | None = None
) -> bytes:
    """Run ``mofang-environment``; return what it prints.

    Args:
        arguments: Its own.
        on_line: Called with each line as it is printed.

    Raises:
        ProgramError: It failed; says why.
    """
    program = await asyncio.create_subprocess_exec(
        *PROGRAM,
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert program.stdout is not None  # noqa: S101 - asked for above
    assert program.stderr is not None  # noqa: S101 - likewise
    lines = []
    failing = asyncio.ensure_future(program.stderr.read())
    try:
        async for line in program.stdout:
            lines.append(line)
            if on_line is not None:
                on_line(line)
        error_output = await failing
        code = await program.wait()
    except BaseException:
        # Whoever waited has gone, and nobody would collect it.
        with suppress(ProcessLookupError):
            program.kill()
        failing.cancel()
        await program.wait()
        raise
    if code:
        *_, last = ["", *error_output.decode(errors="replace").splitlines()]
        raise ProgramError(last.removeprefix("[Mofang] "), code)
    return b"".join(lines)


class PackagesHandler(TrainingHandler):
    """The packages of this server's environment."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Tell what differs from the image."""
        await self._answer()

    @web.authenticated
    @authorized
    async def delete(self) -> None:
        """Undo all changes, and tell the state after it."""
        if await self._run("reset") is not None:
            await self._answer()

    async def _answer(self) -> None:
        printed = await self._run("status", "--json")
        if printed is not None:
            self.set_header("Content-Type", "application/json")
            self.finish(printed)

    async def _run(self, *arguments: str) -> bytes | None:
        """Return what the program prints; where it fails, answer with its sentence."""
        try:
            return await run_program(*arguments)
        except ProgramError as error:
            self.log.warning("mofang-environment %s: %s", arguments[0], error)
            if error.code == WRONG_USE:
                self.refuse(HTTPStatus.NOT_FOUND, "no_environment", str(error))
            else:
                self.refuse(HTTPStatus.CONFLICT, "packages", str(error))
        return None
