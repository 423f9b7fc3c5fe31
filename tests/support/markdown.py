"""Markdown of the repository: its files, links, headings and blocks of code."""

from __future__ import annotations

import re
import subprocess
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PAGES = REPOSITORY / "docs"

_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>[\w-]*)(?P<more>[^\n]*)\n"
    r"(?P<text>.*?)^(?P=indent)```",
    re.MULTILINE | re.DOTALL,
)
_TITLE = re.compile(r'title="([^"]*)"')
_LINK = re.compile(
    r"(!?)\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+(?:\([^()]*\))?[^()\s]*)\)"
)
_HEADING = re.compile(r"^#{1,6} +(.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block of code."""

    file: Path
    line: int
    language: str
    title: str
    text: str

    @property
    def name(self) -> str:
        """Where it is, for the id of a test."""
        return f"{self.file.relative_to(REPOSITORY)}:{self.line}"


@cache
def files() -> tuple[Path, ...]:
    """Return all Markdown of the repository, what is not committed yet included."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    done = subprocess.run(
        command, cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    found = (REPOSITORY / line for line in done.stdout.splitlines())
    return tuple(sorted(path for path in found if path.exists()))


def pages() -> list[Path]:
    """Return the pages of the site."""
    return [path for path in files() if path.is_relative_to(PAGES)]


def section_blocks(path: Path, section: str, language: str) -> list[str]:
    """Return the blocks of code of one section of a page.

    Args:
        path: Of the page.
        section: Its heading, of the second level.
        language: Of the blocks.
    """
    lines = path.read_text().splitlines()
    begin = lines.index(f"## {section}") + 1
    ends = (n for n, line in enumerate(lines, 1) if n > begin and line[:3] == "## ")
    end = next(ends, len(lines) + 1)
    return [
        block.text
        for block in blocks(path)
        if begin < block.line < end and block.language == language
    ]


def blocks(path: Path) -> Iterator[Block]:
    """Yield the blocks of code of a file."""
    content = path.read_text(encoding="utf-8")
    for found in _FENCE.finditer(content):
        title = _TITLE.search(found["more"])
        yield Block(
            file=path,
            line=content.count("\n", 0, found.start()) + 1,
            language=found["language"],
            title=title[1] if title else "",
            text=textwrap.dedent(found["text"]),
        )


def without_code(path: Path) -> str:
    """Return the text of a file, blocks and spans of code left out."""
    return re.sub(r"`[^`\n]*`", "", _FENCE.sub("", path.read_text(encoding="utf-8")))


def links(path: Path) -> list[str]:
    """Return the targets of a file's links and images."""
    return [target for _, target in _LINK.findall(without_code(path))]


def anchors(path: Path) -> set[str]:
    """Return the anchors of a file's headings, as GitHub and the site make them."""
    text = _FENCE.sub("", path.read_text(encoding="utf-8"))
    return {_slug(heading) for heading in _HEADING.findall(text)}


def _slug(heading: str) -> str:
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain)).strip("-")


def code_spans(path: Path) -> list[str]:
    """Return the spans of code of a file, blocks left out."""
    text = _FENCE.sub("", path.read_text(encoding="utf-8"))
    return [span for span in re.findall(r"`([^`\n]+)`", text) if " " not in span]
