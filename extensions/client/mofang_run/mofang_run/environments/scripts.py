"""The programs of a directory: the image's, run by the directory's Python."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

_NOT_COPIED = re.compile(r"python[0-9.]*|activate.*|Activate\.ps1|deactivate.*")
_HEAD_BYTES = 512


def names(source: Path) -> Iterator[str]:
    """Yield the names of the programs below a prefix, without Python itself."""
    for entry in sorted(os.scandir(source / "bin"), key=lambda each: each.name):
        if entry.is_file() and not _NOT_COPIED.fullmatch(entry.name):
            yield entry.name


def converted(source: Path, name: str, prefix: Path) -> bytes | None:
    """Return a program as it is run by the Python below ``prefix``.

    None for one that stays as it is: a compiled program, and one of the platform's,
    which its first line keeps apart from what a person installs (``python -I``).

    Args:
        source: The prefix that it is of.
        name: File name in ``bin``.
        prefix: Directory whose interpreter the script is to use.
    """
    path = source / "bin" / name
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        pattern = re.compile(
            rb"(?<![\w/.])%s/bin/python[0-9.]*(?=[\"'\s]|$)"
            % re.escape(os.fsencode(source))
        )
        first, _, _ = head.partition(b"\n")
        if not head.startswith(b"#!") or not pattern.search(head):
            return None
        if pattern.sub(b"", first).strip() not in {b"#!", b"#!/bin/sh"}:
            return None
        content = head + file.read()
    return pattern.sub(lambda _: os.fsencode(prefix / "bin" / "python"), content, 1)
