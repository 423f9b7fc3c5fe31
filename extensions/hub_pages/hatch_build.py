"""Refuse a wheel without the scripts; an editable install may come before them."""

# ruff: noqa: INP001 - hatchling runs this file; nobody imports it.

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ScriptsHook(BuildHookInterface):
    """Looks whether the scripts are built."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Say what to run first, where that was not done."""
        del build_data
        if version == "editable":
            return
        if not Path(self.root, "mofang_hub_pages", "dist", "jobs.js").is_file():
            raise FileNotFoundError(
                "The scripts of the hub's pages are not built: run `jlpm install "
                f"--immutable && jlpm build:prod` in {self.root} first."
            )
