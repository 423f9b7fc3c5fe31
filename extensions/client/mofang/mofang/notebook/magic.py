"""``%%mofang``: run a cell as a training job. ``%mofang_jobs``: list the jobs."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from IPython.core.error import UsageError
from IPython.display import display

from mofang.api import job, jobs, send
from mofang.cli.filters import job_filters, read_filter
from mofang.cli.options import read_options, spec_file_option, submit_options
from mofang.client import Client
from mofang.errors import InvalidError, JobFailedError, MofangError
from mofang.handle import JobHandle, JobHandles
from mofang.notebook.cell_source import write_cell
from mofang.notebook.live import LiveView, PreviewView
from mofang.options import RerunOptions
from mofang.specfile import read_spec_file
from mofang.submission import build_spec, change_spec
from mofang_api.models import JobSpec, JobState

HANDLE_NAME = "mofang_job"
"""The notebook's variable that holds the job of the last ``%%mofang`` cell."""


@click.command(add_help_option=False)
@click.argument("arguments", nargs=-1)
@submit_options
@spec_file_option
def _options(**values: Any) -> None:
    """Declare what may follow ``%%mofang``; it is never called."""


@click.command(add_help_option=False)
@job_filters
@click.option("--limit", type=click.IntRange(1, 1000), default=20)
def _list_options(**values: Any) -> None:
    """Declare what may follow ``%mofang_jobs``; it is never called."""


class CellJobFailedError(JobFailedError):
    """The job that a cell followed did not succeed: the cell fails with a sentence."""

    def _render_traceback_(self) -> list[str]:
        """Tell IPython what to show in place of a traceback."""
        return [str(self)]


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
        with _report_errors(USAGE):
            if cell is None:
                client = self._connect()
                job_id = line.strip()
                return job(job_id, client=client) if job_id else jobs(client=client)
            self._submit(line, cell)
        return None

    def list_jobs(self, line: str) -> JobHandles:
        """Return the project's jobs as a table, filtered as ``mofang jobs`` does."""
        with _report_errors(LIST_USAGE):
            values = _list_options.make_context(
                "%mofang_jobs", shlex.split(line)
            ).params
            client = self._connect()
            wanted = read_filter(values, client.settings)
            return jobs(values["limit"], client=client, **wanted)

    def _submit(self, line: str, cell: str) -> None:
        values = _options.make_context("%%mofang", shlex.split(line)).params
        options = read_options(values)
        client = self._connect()
        if not client.settings.is_inside:
            raise InvalidError(
                "Jobs read a cell from the home that they share with notebooks of the "
                "platform, and this is not one of them. Run the cell in a notebook of "
                "the platform, or submit a script that is there with mofang.submit."
            )
        path = write_cell(cell, Path.home())
        spec = self._spec(path, options, values, client)
        if values["dry_run"]:
            display(PreviewView(client.preview(spec)))
            return
        handle = send(client, spec)
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
            return
        if handle.job.state is not JobState.SUCCEEDED:
            raise CellJobFailedError(handle.job)

    def _spec(
        self, path: Path, options: RerunOptions, values: dict[str, Any], client: Client
    ) -> JobSpec:
        if options.get("command"):
            raise InvalidError("The cell is what the job runs. Leave --command out.")
        if options.get("snapshot"):
            # The cell itself is kept by its content; it lies outside of all code.
            raise InvalidError(
                "A cell is kept as it is. To copy other code, write a script and use "
                "mofang submit --snapshot."
            )
        name, arguments = f"cell-{path.stem[:8]}", values["arguments"]
        if values["spec_file"] is None:
            options["name"] = options.get("name") or name
            return build_spec(path, arguments, options, client.settings)
        options["script"] = path
        if arguments:
            options["arguments"] = arguments
        base = {"name": name, **read_spec_file(values["spec_file"])}
        return change_spec(base, options, client.settings)


@contextmanager
def _report_errors(usage: str) -> Iterator[None]:
    """Tell what goes wrong as a sentence, without a traceback."""
    try:
        yield
    except CellJobFailedError:
        raise
    except MofangError as error:
        raise UsageError(str(error)) from None
    except click.UsageError as error:
        raise UsageError(f"{error.format_message()} {usage}") from None
    except ValueError as error:
        # shlex, on a quote without its partner.
        raise UsageError(f"The line cannot be read: {error}. {usage}") from None


USAGE = (
    "Write it like: %%mofang --replicas 2 --memory 2Gi --set lr=0.1 --restart 3 "
    "[--follow] [-- arguments]; `mofang submit --help` lists all options."
)
LIST_USAGE = (
    "Write it like: %mofang_jobs [--mine] [--state Running] [--framework pytorch] "
    "[--search text] [--limit 20]"
)
