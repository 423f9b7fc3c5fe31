"""What can go wrong while images are built.

ImageError
├── SourceError     an image's folder is not what it should be
├── HostError       a program or setting of this machine is missing
└── CommandError    a program that was run failed
"""

from pathlib import Path

TAIL_LINES = 20


class ImageError(Exception):
    """A sentence for the person who asked for the images."""


class SourceError(ImageError):
    """An image's folder, or the name of an image, is not what it should be."""


class HostError(ImageError):
    """This machine lacks a program or a setting that the build needs."""


class CommandError(ImageError):
    """A program ended with an error; the message ends with its last lines."""

    def __init__(self, what: str, code: int, log: Path) -> None:
        super().__init__(
            f"Could not {what}: the program ended with exit code {code}. "
            f"All it said is in {log}; its last lines:\n{tail(log)}"
        )


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """Return the last lines of a log, indented for reading below a sentence."""
    try:
        text = log.read_text(errors="replace")
    except FileNotFoundError:
        return "    (nothing)"
    return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])
