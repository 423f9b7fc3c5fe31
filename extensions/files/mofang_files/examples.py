"""Copy an example of the image to the home, and never over what is there."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from mofang_files.errors import AbsentError, from_os

EXAMPLES = Path("/opt/mofang/examples")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_README = "README.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippedExample:
    """A directory of the image."""

    name: str
    title: str
    description: str
    """First sentences of what is told of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedExample:
    """Where an example is now."""

    directory: Path
    opens: Path
    """What of it to look at first."""
    was_there: bool
    """Whether it was copied before; it is as it was then."""


def list_examples(
    folder: Path = EXAMPLES, frameworks: Collection[str] = ()
) -> list[ShippedExample]:
    """Return the examples of the image; none where it has none.

    Args:
        folder: Where they are.
        frameworks: Those of the environment; empty for all examples.
    """
    if not folder.is_dir():
        return []
    found = [
        (each.name, each / _README)
        for each in sorted(folder.iterdir())
        if _NAME.fullmatch(each.name)
        and (not frameworks or each.name in frameworks)
        and (each / _README).is_file()
    ]
    return [_read(name, readme) for name, readme in found]


def copy_example(name: str, home: Path, folder: Path = EXAMPLES) -> CopiedExample:
    """Copy an example to ``~/examples``, whole or not at all.

    Args:
        name: Of its directory.
        home: The person's directory.
        folder: Where the examples are.

    Raises:
        AbsentError: There is no such example.
        FileSystemError: It could not be copied.
    """
    if name not in {each.name for each in list_examples(folder)}:
        raise AbsentError("There is no such example in this image.")
    target = home / "examples" / name
    was_there = os.path.lexists(target)
    if not was_there:
        staging = target.with_name(f".{name}-{secrets.token_hex(4)}")
        try:
            shutil.copytree(folder / name, staging)
            was_there = not _put(staging, target)
        except OSError as err:
            raise from_os(err, "The example was not copied") from err
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    notebooks = sorted(target.glob("*.ipynb"))
    opens = notebooks[0] if notebooks else target / _README
    return CopiedExample(
        directory=target,
        opens=opens if opens.is_file() else target,
        was_there=was_there,
    )


def _put(staging: Path, target: Path) -> bool:
    """Return whether it is the copy that is there: another tab may have been faster."""
    try:
        staging.rename(target)
    except OSError:
        if target.is_dir():
            return False
        raise
    return True


def _read(name: str, readme: Path) -> ShippedExample:
    text = readme.read_text(encoding="utf-8")
    heading, _, rest = text.partition("\n")
    paragraph = rest.strip().partition("\n\n")[0]
    return ShippedExample(
        name=name,
        title=heading.lstrip("# ").strip() or name,
        description=" ".join(paragraph.replace("`", "").split()),
    )
