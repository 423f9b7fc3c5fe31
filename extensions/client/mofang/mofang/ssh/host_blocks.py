"""Our file of hosts: one block for each job, found again by its first line. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_HEAD = "# Written by mofang ssh-config. What is changed here is lost.\n"
_MARK = re.compile(r"# Job (\S+) of (\S+) at (\S.*)")
_HOST = re.compile(r"^Host (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """The hosts of one job."""

    job: str
    project: str
    url: str
    text: str
    """Lines of ssh's, one paragraph for each replica."""

    @property
    def hosts(self) -> list[str]:
        """The names that editors list."""
        return _HOST.findall(self.text)


def read_blocks(content: str) -> dict[str, Block]:
    """Return the blocks of a file by their jobs' ids; what is none is passed over."""
    blocks: dict[str, Block] = {}
    lines: list[str] = []
    mark: tuple[str, str, str] | None = None
    for line in [*content.splitlines(), ""]:
        found = _MARK.fullmatch(line)
        if found is None:
            lines.append(line)
            continue
        _keep(blocks, mark, lines)
        mark, lines = (found[1], found[2], found[3]), []
    _keep(blocks, mark, lines)
    return blocks


def write_blocks(blocks: Mapping[str, Block]) -> str:
    """Return the file that holds the blocks, those of the newest jobs last."""
    return "\n".join([_HEAD, *map(_text_of, blocks.values())])


def forget_hosts(known: str, jobs: Iterable[str]) -> str:
    """Return a file of known hosts without those of some jobs."""
    names = "|".join(map(re.escape, jobs))
    ours = re.compile(rf"mofang-(?:{names})-[0-9]+-[a-z][a-z0-9-]*-[0-9]+ ")
    lines = known.splitlines(keepends=True)
    return "".join(line for line in lines if not names or not ours.match(line))


def _keep(
    blocks: dict[str, Block], mark: tuple[str, str, str] | None, lines: list[str]
) -> None:
    if mark is not None:
        blocks[mark[0]] = Block(*mark, "\n".join(lines).strip("\n") + "\n")


def _text_of(block: Block) -> str:
    return f"# Job {block.job} of {block.project} at {block.url}\n{block.text}"
