"""Cloud Shell in JupyterLab: the part that runs in the notebook's server.

It bridges the browser's terminal to the training service's shell with the server's
hub token, which the browser never sees.
"""

from typing import Any

__version__ = "0.1.0"


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Tell ``jupyter labextension`` where the built front end lies."""
    return [{"src": "labextension", "dest": "@mofang/cloudshell"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Tell jupyter_server what to load."""
    from mofang_cloudshell.app import CloudShellExtension  # noqa: PLC0415 - for servers

    return [{"module": "mofang_cloudshell", "app": CloudShellExtension}]
