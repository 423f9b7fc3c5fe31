"""The client for people's own computers: wheels that pip installs from the hub.

The image keeps the wheels of the client and of the contracts that it is built on. pip
is given both, so it asks no package index for them. No log-in is asked for, as pip has
none; there is nothing in the files but our sources.
"""

import sys
from pathlib import Path
from typing import Any

from tornado.web import StaticFileHandler

WHEELS = Path(sys.prefix) / "share" / "mofang"

DISTRIBUTIONS = ("mofang_api", "mofang")


def find_wheels(folder: Path = WHEELS) -> list[str]:
    """Return the names of the client's wheels; empty where the image lacks one."""
    newest = [
        max((each.name for each in folder.glob(f"{name}-*.whl")), default="")
        for name in DISTRIBUTIONS
    ]
    return newest if all(newest) else []


def client_handlers(folder: Path = WHEELS) -> list[Any]:
    """Return the handlers that serve the wheels."""
    pattern = r"/client/(mofang(?:_api)?-[A-Za-z0-9_.+-]+\.whl)"
    return [(pattern, StaticFileHandler, {"path": str(folder)})]
