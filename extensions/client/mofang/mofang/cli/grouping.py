"""Options that belong together, shown together by ``--help``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click
from typing_extensions import override

F = TypeVar("F", bound=Callable[..., Any])

OTHER = "Other options"
"""The last group: what no group was named for."""


class GroupedOption(click.Option):
    """An option that belongs to a group."""

    def __init__(self, *names: Any, group: str = "", **settings: Any) -> None:
        super().__init__(*names, **settings)
        self.group = group


class GroupedCommand(click.Command):
    """A command whose help shows options group by group."""

    @override
    def format_options(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            # Arguments are told in the first line and the text below it.
            is_option = isinstance(parameter, click.Option)
            record = parameter.get_help_record(ctx) if is_option else None
            if record is not None:
                title = getattr(parameter, "group", "") or OTHER
                groups.setdefault(title, []).append(record)
        groups |= {OTHER: groups.pop(OTHER, [])}
        for title, records in groups.items():
            with formatter.section(title):
                formatter.write_dl(records)


class OptionGroup:
    """Makes options of one group."""

    def __init__(self, title: str) -> None:
        self._title = title

    def option(self, *names: str, **settings: Any) -> Callable[[F], F]:
        """Return a decorator, as ``click.option`` does."""
        return click.option(
            *names, cls=GroupedOption, group=self._title, show_default=True, **settings
        )
