"""One line in the user's own ``~/.ssh/config`` that makes ssh read ours. Pure."""

from __future__ import annotations

import re
from pathlib import Path

from mofang.ssh.options import quoted

_SIMPLE = re.compile(r"[A-Za-z0-9/._?-]+")
_SPECIAL = re.compile(r"[%*?\[\]{}~]")


def include_line(path: Path) -> bytes:
    """Return the line.

    Raises:
        ConfigurationError: ssh has no way to say the path.
    """
    # The path is a pattern, in which only some versions of ssh expand what follows %.
    text = _SPECIAL.sub("?", str(path))
    # Not every editor that reads such files knows quotes.
    said = text if _SIMPLE.fullmatch(text) else quoted(Path(text))
    return f"Include {said}\n".encode()


def with_include(content: bytes, path: Path) -> bytes:
    """Return a file of ssh's that includes another; first, so that it goes before all.

    What is below is not touched: settings of an included file end with it.
    """
    return content if _find(content, path) >= 0 else include_line(path) + content


def without_include(content: bytes, path: Path) -> bytes:
    """Return a file of ssh's as it was before ``with_include``."""
    at, line = _find(content, path), include_line(path)
    if at < 0:
        return content
    return content[:at] + content[at:].replace(line, b"", 1)


def _find(content: bytes, path: Path) -> int:
    line = include_line(path)
    if content.startswith(line):
        return 0
    found = content.find(b"\n" + line)
    return found + 1 if found >= 0 else -1
