"""The reference of the command line, from click's own commands."""

from __future__ import annotations

import inspect

import click

from mofang.cli.app import app
from mofang_docs.tables import code, prose, table

OTHER = "Other options"
"""Title of the options that belong to no group, as help has it."""


def commands() -> str:
    """Return one section per command that help shows."""
    context = click.Context(app, info_name="mofang")
    parts = ["## Options of every command\n", _options(app, context)]
    for name in app.list_commands(context):
        command = app.get_command(context, name)
        if command is not None and not command.hidden:
            parts.append(_section(name, command, context))
    return "\n".join(parts)


def _section(name: str, command: click.Command, parent: click.Context) -> str:
    context = click.Context(command, info_name=name, parent=parent)
    usage = " ".join(["mofang", name, *command.collect_usage_pieces(context)])
    return "\n".join(
        [
            f"## mofang {name}\n",
            f"```text\n{usage}\n```\n",
            _help(command.help or ""),
            "",
            _options(command, context),
        ]
    )


def _help(text: str) -> str:
    """Return help as paragraphs, examples in it as code."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(map(_paragraph, paragraphs))


def _paragraph(text: str) -> str:
    start, colon, example = text.partition(":  ")
    if colon:
        return f"{prose(start)}: {code(prose(example))}"
    line = prose(text)
    is_example = line.startswith(("mofang ", "pass mofang"))
    return code(line) if is_example else line


def _options(command: click.Command, context: click.Context) -> str:
    groups: dict[str, list[list[str]]] = {}
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if parameter.name == "help" or record is None:
            continue
        if isinstance(parameter, click.Option):
            group = getattr(parameter, "group", None)
            title = group.title if group else OTHER
            groups.setdefault(title, []).append([code(record[0]), record[1]])
    groups |= {OTHER: groups.pop(OTHER, [])}
    parts = []
    for title, rows in groups.items():
        if rows:
            heading = [f"**{title}**\n"] if len(groups) > 1 else []
            parts += [*heading, table(["option", "meaning"], rows)]
    return "\n".join(parts)
