"""What README says of a bare machine: its commands, and the caches that it names."""

import re
from pathlib import Path, PurePosixPath

_BLOCK = re.compile(r"<!-- bare:begin -->\s*```(?:sh|bash)?\n(.*?)```", re.DOTALL)
_CACHES = re.compile(r"<!-- bare:caches -->(.*?)<!-- bare:end -->", re.DOTALL)
_HOME = re.compile(r"`~/([^`]+)`")


class ReadmeError(Exception):
    """The documentation lacks what the command takes from it."""


def commands(text: str) -> str:
    """Return the shell commands between the markers.

    Raises:
        ReadmeError: There are none.
    """
    found = _BLOCK.search(text)
    if not found:
        raise ReadmeError("No commands stand between the markers bare:begin and ```.")
    return found.group(1)


def caches(text: str) -> list[PurePosixPath]:
    """Return the caches that it names, below a person's home.

    Raises:
        ReadmeError: There are none.
    """
    found = _CACHES.search(text)
    named = _HOME.findall(found.group(1)) if found else []
    if not named:
        raise ReadmeError("No caches are named between bare:caches and bare:end.")
    return [PurePosixPath(path) for path in named]


def read(*files: Path) -> str:
    """Return the text of the first file that has the markers.

    Raises:
        ReadmeError: None has.
    """
    for file in files:
        text = file.read_text()
        if _BLOCK.search(text):
            return text
    names = " or ".join(str(file) for file in files)
    raise ReadmeError(f"There is no block with the marker bare:begin in {names}.")
