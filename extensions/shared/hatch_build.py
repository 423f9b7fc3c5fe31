"""Put the built front end of an extension into its wheel; refuse a wheel without it.

``package.json`` of the extension says what it is called and where it is built. An
editable install may come before the front end is built: it links the folder, so that
JupyterLab finds whatever is built there later.
"""

# ruff: noqa: INP001 - hatchling runs this file; nobody imports it.

import json
import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class FrontEndHook(BuildHookInterface):
    """Adds ``labextension`` to what a wheel shares with Jupyter."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the built files, or say what to run first."""
        if version == "editable":
            return
        package = json.loads(Path(self.root, "package.json").read_text("utf-8"))
        folder = Path(self.root, package["jupyterlab"]["outputDir"])
        if not (folder / "package.json").is_file():
            raise FileNotFoundError(
                f"The front end of {package['name']} is not built: run "
                f"`jlpm install --immutable && jlpm build:prod` in {self.root} first."
            )
        shared = f"share/jupyter/labextensions/{package['name']}"
        build_data["shared_data"][f"{self.root}/install.json"] = (
            f"{shared}/install.json"
        )
        for parent, _, names in os.walk(folder):
            for name in names:
                source = Path(parent, name)
                target = f"{shared}/{source.relative_to(folder).as_posix()}"
                build_data["shared_data"][str(source)] = target
