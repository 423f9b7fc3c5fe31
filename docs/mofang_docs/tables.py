"""Tables in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; line breaks and bars in cells are made harmless."""
    lines = [_line(titles), _line(["---"] * len(titles))]
    return "\n".join([*lines, *map(_line, rows)]) + "\n"


def code(text: object) -> str:
    """Return a text as code; empty for an empty one."""
    shown = str(text)
    return f"`{shown}`" if shown else ""


def prose(text: str) -> str:
    """Return a text of several lines as one."""
    return " ".join(text.replace("``", "`").split())


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(text: str) -> str:
    """Return a text with bars escaped outside of code, where they end no cell."""
    parts = re.split(r"(`[^`]*`)", prose(text))
    return "".join(
        part if part.startswith("`") else part.replace("|", "\\|") for part in parts
    )
