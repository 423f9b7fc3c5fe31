"""TensorBoard in JupyterLab: the part that runs in the notebook's server.

It starts TensorBoard beside the notebook, where the storage is mounted already, and
serves it under the notebook's own address and authorisation.
"""

from typing import Any

__version__ = "0.1.0"


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Tell ``jupyter labextension`` where the built front end lies."""
    return [{"src": "labextension", "dest": "@mofang/tensorboard"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Tell jupyter_server what to load."""
    from mofang_tensorboard.app import TensorBoardExtension  # noqa: PLC0415

    return [{"module": "mofang_tensorboard", "app": TensorBoardExtension}]
