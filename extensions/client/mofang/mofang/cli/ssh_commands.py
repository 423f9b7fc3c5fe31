"""Commands that go into replicas by SSH: a session, and what carries its bytes."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from typing_extensions import override

from mofang.cli.app import Platform, app
from mofang.cli.completing import complete_replica
from mofang.cli.following import read_replica
from mofang.cli.outputs import job_argument
from mofang.endpoints import open_ssh
from mofang.errors import MofangError
from mofang.settings import ClientSettings
from mofang.ssh.files import ssh_directory
from mofang.ssh.hosts import HostFiles
from mofang.ssh.keys import ensure_key, find_program, read_public_key
from mofang.ssh.options import USER, build_connection
from mofang.ssh.relay import Relay
from mofang.ssh.replica_hosts import ReplicaHost, find_host
from mofang.ssh.websocket import open_socket

F = TypeVar("F", bound=Callable[..., Any])

FAILED = 255
"""What ssh ends with when a connection fails."""

_COMMAND = "mofang.cli.command"


class WithCommand(click.Command):
    """Leaves what follows ``--`` to another program, in ``ctx.meta``."""

    @override
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        cut = args.index("--") if "--" in args else len(args)
        ctx.meta[_COMMAND] = args[cut + 1 :]
        return super().parse_args(ctx, args[:cut])

    @override
    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [*super().collect_usage_pieces(ctx), "[-- COMMAND...]"]


replica_argument = click.argument(
    "replica",
    required=False,
    callback=read_replica,
    shell_complete=complete_replica,
)
_key_option = click.option(
    "--key",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="PATH",
    help="A private key of yours; by default one that is made for this.",
)
_user_option = click.option(
    "--user", default=USER, show_default=True, help="Whom to be in the container."
)


def session_options(command: F) -> F:
    """Give a command the options of SSH sessions."""
    return _key_option(_user_option(command))


def resolve_key(key: Path | None) -> Path:
    """Return the private key that is meant, which is there and can be used."""
    if key is None:
        return ensure_key(ssh_directory(os.environ))
    path = key.expanduser().absolute()
    read_public_key(path)
    return path


@app.command(cls=WithCommand)
@job_argument
@replica_argument
@session_options
@click.pass_context
def ssh(
    ctx: click.Context,
    job_id: str,
    replica: tuple[str, int] | None,
    key: Path | None,
    user: str,
) -> None:
    """Open an SSH session in a running replica of a job of yours.

    By default in the leading one: launcher, chief, or worker-0. What follows -- is run
    there in place of a shell: several words exactly as they are, one quoted word as a
    command line, such as 'ls *.pt | wc -l'.
    """
    platform: Platform = ctx.obj
    program, path = find_program("ssh"), resolve_key(key)
    with platform.client() as client:
        replica_host = find_host(client.get_job(job_id), replica)
        connection = build_connection(
            client.settings, path, ssh_directory(os.environ), user
        )
    words = connection.command(program, replica_host, ctx.meta[_COMMAND])
    sys.stdout.flush()
    os.execv(program, words)  # noqa: S606 - the terminal is ssh's from here on


@app.command(hidden=True)
@job_argument
@replica_argument
@click.option("--key", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--attempt", type=int, help="That of when ssh's file was written.")
@click.pass_context
def ssh_proxy(
    ctx: click.Context,
    job_id: str,
    replica: tuple[str, int] | None,
    key: Path | None,
    attempt: int | None,
) -> None:
    """Carry the bytes of an SSH connection; ssh runs this."""
    platform: Platform = ctx.obj
    try:
        public_key = read_public_key(resolve_key(key))
        with platform.client() as client:
            settings = client.settings
            if replica is None or attempt is not None:
                replica_host = find_host(client.get_job(job_id), replica)
                replica = (replica_host.role, replica_host.index)
                _note(replica_host, attempt)
        asyncio.run(_carry(settings, job_id, replica, public_key))
    except (MofangError, OSError) as error:
        click.echo(f"mofang: {error}", err=True)
        ctx.exit(FAILED)


def _note(replica_host: ReplicaHost, attempt: int | None) -> None:
    if attempt is not None:
        HostFiles.find(os.environ).note_attempt(replica_host, attempt)


async def _carry(
    settings: ClientSettings, job_id: str, replica: tuple[str, int], public_key: str
) -> None:
    call = open_ssh(settings.project, job_id, replica)
    headers = {"Mofang-Public-Key": public_key}
    async with open_socket(settings, call, headers) as socket:
        await Relay(socket, 0, 1).run()
