"""What the form for a new job starts with."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any


def form_defaults(project: str, root: str) -> dict[str, Any]:
    """Return what this server knows that a form can use.

    Args:
        project: The server's project.
        root: Folder that the paths of JupyterLab's documents start from.
    """
    # The start-up time of every server counts.
    from mofang.settings import SHARED_DIRECTORIES  # noqa: PLC0415
    from mofang_api import models  # noqa: PLC0415

    return {
        "project": project,
        "environment": os.environ.get("MOFANG_ENVIRONMENT", ""),
        "environment_frameworks": _names(os.environ.get("MOFANG_FRAMEWORKS", "")),
        "image": os.environ.get("MOFANG_IMAGE", ""),
        "working_directory": str(Path.home()),
        "shared_directories": SHARED_DIRECTORIES,
        "user": os.environ.get("JUPYTERHUB_USER", ""),
        "hub_url": hub_address(),
        "root_dir": str(Path(root).expanduser()),
        "limits": {
            "replicas": models.MAX_REPLICAS,
            "gpu": models.MAX_GPUS,
            "cpu": models.MAX_CPU,
            "memory_min": models.MIN_MEMORY,
            "memory_max": models.MAX_MEMORY,
        },
        "frameworks": {
            framework.value: [asdict(rule) for rule in models.role_rules(framework)]
            for framework in models.Framework
        },
    }


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def hub_address() -> str:
    """Return the hub's address as the browser knows it; empty off the platform."""
    host = os.environ.get("JUPYTERHUB_HOST", "")
    base = os.environ.get("JUPYTERHUB_BASE_URL", "")
    return f"{host}{base}hub/" if base else ""
