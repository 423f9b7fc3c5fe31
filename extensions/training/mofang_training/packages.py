"""Handlers of ``mofang/training/api/packages``: what a person changed, and undoing it.

``mofang-environment`` does the work, in a process of its own: making a directory anew
takes seconds, and whatever becomes of it the server goes on.
"""

# mypy: disable-error-code="misc, untyped-decorator"
# jupyter_server counts as untyped, so its classes and decorators are Any.

from __future__ import annotations

import asyncio
import sys
from http import HTTPStatus

from jupyter_server.auth.decorator import authorized
from tornado import web

from mofang_run.environments.cli import WRONG_USE
from mofang_training.forwarding import TrainingHandler

PROGRAM = (sys.executable, "-I", "-m", "mofang_run.environments.cli")


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
        program = await asyncio.create_subprocess_exec(
            *PROGRAM,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        printed, error_output = await program.communicate()
        if not program.returncode:
            return printed
        *_, last = ["", *error_output.decode(errors="replace").splitlines()]
        message = last.removeprefix("[Mofang] ")
        self.log.warning("mofang-environment %s: %s", arguments[0], message)
        if program.returncode == WRONG_USE:
            self.refuse(HTTPStatus.NOT_FOUND, "no_environment", message)
        else:
            self.refuse(HTTPStatus.CONFLICT, "packages", message)
        return None
