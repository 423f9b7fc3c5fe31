"""The programs of the hub's image: hub, training service, reconciler."""

import sys
from importlib import import_module
from pathlib import Path


def hub() -> None:
    """Become JupyterHub with the platform's configuration."""
    from mofang_hub.pages.application import (  # noqa: PLC0415 - only the hub's
        Hub,
    )

    config = Path(__file__).parent / "config" / "jupyterhub_config.py"
    Hub.launch_instance([f"--config={config}", *sys.argv[1:]])


def training() -> None:
    """Serve training jobs, their logs and Cloud Shell."""
    import_module("mofang_jobs.app").main()


def reconciler() -> None:
    """Keep the namespaces of projects as their Projects say."""
    import_module("mofang_projects.reconciler").main()
