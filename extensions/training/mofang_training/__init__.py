"""Training jobs in JupyterLab: the part that runs in the notebook's server.

It lends the browser the server's own hub token without ever showing it: what the
page asks for is forwarded to the training service, for this server's project only.
"""

from typing import Any

__version__ = "0.1.0"


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Tell ``jupyter labextension`` where the built front end lies."""
    return [{"src": "labextension", "dest": "@mofang/training"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Tell jupyter_server what to load."""
    from mofang_training.app import TrainingExtension  # noqa: PLC0415 - for servers only

    return [{"module": "mofang_training", "app": TrainingExtension}]
