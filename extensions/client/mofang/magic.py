"""``%%mofang``: run a cell as a training job. ``%mofang``: list the jobs."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from IPython.core.error import UsageError

from mofang.cells import write_cell
from mofang.cli.options import read_options, submit_options
from mofang.client import Client
from mofang.errors import MofangError
from mofang.handle import JobHandle, JobHandles
from mofang.live import LiveView
from mofang.shortcuts import job, jobs
from mofang.submission import build_spec

HANDLE_NAME = "mofang_job"
"""The notebook's variable that holds the job of the last ``%%mofang`` cell."""


@click.command(add_help_option=False)
@click.argument("arguments", nargs=-1)
@submit_options
def _options(**values: Any) -> None:
    """Declare what may follow ``%%mofang``; it is never called."""


class MofangMagic:
    """The two magics of one notebook.

    Args:
        shell: The notebook's interpreter.
        connect: Makes a client; called for each cell, so that a new token is used.
    """

    def __init__(self, shell: Any, connect: Callable[[], Client] = Client) -> None:
        self._shell = shell
        self._connect = connect

    def __call__(
        self, line: str, cell: str | None = None
    ) -> JobHandle | JobHandles | None:
        """Run the magic, telling errors as sentences."""
        try:
            if cell is None:
                return self._look(line.strip())
            self._submit(line, cell)
        except MofangError as error:
            raise UsageError(str(error)) from None
        except click.UsageError as error:
            raise UsageError(f"{error.format_message()} {USAGE}") from None
        except ValueError as error:
            # shlex, on a quote without its partner.
            raise UsageError(f"%%mofang cannot be read: {error}. {USAGE}") from None
        return None

    def _look(self, job_id: str) -> JobHandle | JobHandles:
        client = self._connect()
        return job(job_id, client=client) if job_id else jobs(client=client)

    def _submit(self, line: str, cell: str) -> None:
        values = _options.make_context("%%mofang", shlex.split(line)).params
        options = read_options(values)
        client = self._connect()
        path = write_cell(cell, Path.home())
        options["name"] = options.get("name") or f"cell-{path.stem[:8]}"
        spec = build_spec(path, values["arguments"], options, client.settings)
        handle = JobHandle(client, client.submit(spec))
        self._shell.user_ns[HANDLE_NAME] = handle
        view = LiveView(client, handle.job)
        if not values["follow"]:
            # A terminal prints each update anew, in the middle of what one types.
            if hasattr(self._shell, "kernel"):
                view.start()
            return
        try:
            handle.job = view.follow()
        except KeyboardInterrupt:
            view.interrupted()


USAGE = (
    "Write it like: %%mofang --replicas 2 --memory 2Gi [--cpu 1] [--gpu 1] "
    "[--name …] [--env NAME=VALUE] [--image …] [--workdir …] [--follow] [-- arguments]"
)


def register(shell: Any) -> None:
    """Make the magics known to an interpreter."""
    shell.register_magic_function(MofangMagic(shell), "line_cell", "mofang")
