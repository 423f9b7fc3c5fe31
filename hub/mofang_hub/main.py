"""The program ``mofang-hub``: JupyterHub with the platform's configuration."""

import sys
from pathlib import Path

from mofang_hub.metrics import bound_series
from mofang_hub.pages.application import Hub

CONFIG = Path(__file__).parent / "config" / "jupyterhub_config.py"


def hub() -> None:
    """Become JupyterHub."""
    bound_series()
    Hub.launch_instance([f"--config={CONFIG}", *sys.argv[1:]])
