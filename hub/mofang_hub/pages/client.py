"""The client for people's own computers: a wheel that pip installs from the hub.

The image keeps the wheel that it was itself installed from. No log-in is asked for, as
pip has none; there is nothing in the file but our sources.
"""

import sys
from pathlib import Path
from typing import Any

from tornado.web import StaticFileHandler

WHEELS = Path(sys.prefix) / "share" / "mofang"


def find_wheel(folder: Path = WHEELS) -> str:
    """Return the name of the client's wheel; empty where the image has none."""
    return max((each.name for each in folder.glob("mofang-*.whl")), default="")


def client_handlers(folder: Path = WHEELS) -> list[Any]:
    """Return the handlers that serve the wheel."""
    pattern = r"/client/(mofang-[A-Za-z0-9_.+-]+\.whl)"
    return [(pattern, StaticFileHandler, {"path": str(folder)})]
