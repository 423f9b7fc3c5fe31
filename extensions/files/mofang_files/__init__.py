"""What files take and their previous versions: the part in the notebook's server."""

from typing import Any

__version__ = "0.1.0"


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Tell ``jupyter labextension`` where the built front end lies."""
    return [{"src": "labextension", "dest": "@mofang/files"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Tell jupyter_server what to load."""
    from mofang_files.app import FilesExtension  # noqa: PLC0415

    return [{"module": "mofang_files", "app": FilesExtension}]
