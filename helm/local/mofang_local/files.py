"""Files that are whole or not there, however their writing was cut short."""

import os
from pathlib import Path


def write_private(path: Path, content: bytes | str) -> None:
    """Replace ``path`` at once by a file that only its owner may read."""
    data = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        # A machine that loses power right after would keep an empty file.
        os.fsync(stream.fileno())
    temporary.replace(path)


def is_written(path: Path) -> bool:
    """Whether the file is there with something in it."""
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False
