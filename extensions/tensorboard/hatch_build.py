"""Put the built front end into the wheel, and refuse a wheel without it.

An editable install may come before the front end is built: it links the folder,
so that JupyterLab finds whatever is built there later.
"""

# ruff: noqa: INP001 - hatchling runs this file; nobody imports it.

import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = "mofang_tensorboard"
LABEXTENSION = "@mofang/tensorboard"


class FrontEndHook(BuildHookInterface):
    """Adds ``labextension`` to what a wheel shares with Jupyter."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the built files, or say what to run first."""
        folder = Path(self.root, PACKAGE, "labextension")
        if version == "editable":
            return
        if not (folder / "package.json").is_file():
            raise FileNotFoundError(
                f"The front end of {PACKAGE} is not built: run "
                f"`jlpm install --immutable && jlpm build:prod` in {self.root} first."
            )
        shared = f"share/jupyter/labextensions/{LABEXTENSION}"
        build_data["shared_data"][f"{self.root}/install.json"] = (
            f"{shared}/install.json"
        )
        for parent, _, names in os.walk(folder):
            for name in names:
                source = Path(parent, name)
                target = f"{shared}/{source.relative_to(folder).as_posix()}"
                build_data["shared_data"][str(source)] = target
