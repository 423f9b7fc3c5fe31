"""``mofang login``: keep address and token for use outside of the platform."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

import click

from mofang.cli.app import Platform, app
from mofang.errors import ConfigurationError
from mofang.settings import ClientOptions, config_file, read_config_file

MAX_TOKEN = 4096


@app.command()
@click.option(
    "--token",
    help="From the hub's token page; asked for by default, so that it stays out of "
    "the shell's history.",
)
@click.option("--token-stdin", is_flag=True, help="Read the token from standard input.")
@click.option("--user", help="Your user name, for mofang jobs --mine.")
@click.option("--image", help="Image of jobs that name none.")
@click.pass_obj
def login(
    platform: Platform,
    *,
    token: str | None,
    token_stdin: bool,
    user: str | None,
    image: str | None,
) -> None:
    """Keep address, project and token in a private file, once they work.

    mofang --url https://mofang.example.com/services/training --project vision login

    Make the token on the hub's token page. A program passes it by a pipe:

    pass mofang | mofang login --token-stdin
    """
    if token is not None and token_stdin:
        raise click.UsageError("Give either --token or --token-stdin.")
    if token is None:
        token = _ask() if sys.stdin.isatty() and not token_stdin else _read()
    path = config_file(os.environ)
    given = ClientOptions(
        url=platform.given.get("url"),
        project=platform.given.get("project"),
        token=token.strip(),
        user=user,
        image=image,
    )
    platform.given = given
    with platform.client() as client:
        client.list_jobs(limit=1)
        settings = client.settings
    said = {name: str(value) for name, value in given.items() if value}
    kept = {"url": settings.url, "project": settings.project}
    _write(path, {**read_config_file(path), **kept, **said})
    click.echo(f"Kept in {path}; jobs go to the project {settings.project}.")


def _ask() -> str:
    return str(click.prompt("Token", hide_input=True))


def _read() -> str:
    """Return the token from standard input, which is no terminal or not asked as one.

    Raises:
        ConfigurationError: There is none.
    """
    token = sys.stdin.buffer.read(MAX_TOKEN).decode(errors="replace")
    if not token.strip():
        raise ConfigurationError(
            "There is no token on the standard input. Make one on the hub's token page."
        )
    return token


def _write(path: Path, values: dict[str, str]) -> None:
    # A text of JSON is a text of TOML.
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in values.items()]
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd, draft = tempfile.mkstemp(prefix=".", dir=path.parent)
        with os.fdopen(fd, "w") as file:
            file.writelines(lines)
        Path(draft).replace(path)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error}.") from error
