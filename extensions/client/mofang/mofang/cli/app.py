"""The group of all commands: whom they talk to, and how they tell errors."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import click
from typing_extensions import override

from mofang.client import Client
from mofang.errors import MofangError, PlatformError, UnreachableError
from mofang.settings import ClientOptions

JOB_FAILED = 1
REFUSED = 2
UNREACHABLE = 3
INTERRUPTED = 130
PIPE_CLOSED = 141
"""As of a program that SIGPIPE ends: nobody reads what it prints any more."""


@dataclass(slots=True)
class Platform:
    """How commands come by a client; it is made when it is first needed."""

    connect: Callable[..., Client] = Client
    given: ClientOptions = field(default_factory=ClientOptions)

    def client(self) -> Client:
        """Return a client for the project that was asked for."""
        return self.connect(**self.given)


class MofangGroup(click.Group):
    """Commands whose errors are sentences and exit codes, not tracebacks."""

    @override
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except MofangError as error:
            click.secho(str(error), fg="red", err=True)
            is_away = isinstance(error, UnreachableError | PlatformError)
            ctx.exit(UNREACHABLE if is_away else REFUSED)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except OSError as error:
            if error.errno == errno.EPIPE:
                # Python would try to write the rest at its end.
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                ctx.exit(PIPE_CLOSED)
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            click.secho(f"The output cannot be written: {error}.", fg="red", err=True)
            ctx.exit(REFUSED)


@click.group(
    cls=MofangGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 the job failed or was cancelled, 2 refused or called "
    "wrongly, 3 Mofang did not answer, 130 interrupted, 141 nobody reads the output.",
)
@click.option("--project", help="The project; that of this notebook by default.")
@click.option("--url", help="Address of the training service.")
@click.version_option(package_name="mofang")
@click.pass_context
def app(ctx: click.Context, project: str | None, url: str | None) -> None:
    """Run training jobs on Mofang."""
    platform = ctx.ensure_object(Platform)
    platform.given = ClientOptions(project=project, url=url)
