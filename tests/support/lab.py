"""JupyterLab in a browser: log in, open it, what lies in it, how it looks."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Locator, Page, expect

from support.hub import HubSession

THEMES = "@jupyterlab/apputils-extension:themes"
PRESETS = "@mofang/training:submit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """One page with the JupyterLab of a person's server."""

    page: Page
    session: HubSession
    server: str

    def open(self, path: str = "home/jovyan") -> None:
        """Open it as if for the first time, with a file or folder in front."""
        self.page.goto(f"{self.session.server_url(self.server)}lab/tree/{path}?reset")
        expect(self.page.locator("#jp-main-dock-panel")).to_be_visible()
        expect(self.page.get_by_role("tab", name="Training jobs")).to_be_visible()

    def log_in(self) -> None:
        sign_in = re.compile("sign in|log in", re.IGNORECASE)
        self.page.get_by_role("button", name=sign_in).click()
        expect(
            self.page.get_by_role("button", name=re.compile("^(Start|Open) ")).first
        ).to_be_visible()

    def set(self, plugin: str, settings: dict[str, Any]) -> None:
        """Write a plugin's settings as a whole; read when the page is next opened."""
        self._call("PUT", f"lab/api/settings/{plugin}", {"raw": json.dumps(settings)})

    def notebooks(self) -> Path:
        """Where the executed notebooks of a user's jobs are on this machine."""
        storage = self.session.platform.storage
        return storage / "users" / self.session.name / ".mofang" / "notebooks"

    def put_notebook(self, path: str, cells: list[str]) -> None:
        """Write a notebook of Python cells, the first of which holds parameters."""
        content = {
            "cells": [
                {
                    "cell_type": "code",
                    "id": f"cell-{at}",
                    "execution_count": None,
                    "metadata": {} if at else {"tags": ["parameters"]},
                    "outputs": [],
                    "source": source,
                }
                for at, source in enumerate(cells)
            ],
            "metadata": {
                "kernelspec": {
                    "name": "python3",
                    "display_name": "Python 3",
                    "language": "python",
                },
                "language_info": {"name": "python"},
            },
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        body = {"type": "notebook", "content": content}
        self._call("PUT", f"api/contents/home/jovyan/{path}", body)

    def put_text(self, path: str, text: str) -> None:
        """Write a text file below the home."""
        body = {"type": "file", "format": "text", "content": text}
        self._call("PUT", f"api/contents/home/jovyan/{path}", body)

    def _call(self, verb: str, path: str, body: dict[str, Any]) -> None:
        session = self.session
        httpx.request(
            verb,
            session.server_url(self.server) + path,
            headers={"Authorization": f"token {session.token}"},
            json=body,
            timeout=30,
            trust_env=False,
        ).raise_for_status()

    # What the training extension shows.

    @property
    def panel(self) -> Locator:
        return self.page.get_by_role("region", name="Jobs of this project")

    @property
    def form(self) -> Locator:
        return self.page.get_by_role("form", name="New training job")

    @property
    def preview(self) -> Locator:
        return self.page.get_by_role("complementary", name="Preview")

    def show_panel(self) -> None:
        if not self.panel.is_visible():
            self.page.get_by_role("tab", name="Training jobs").click()
        expect(self.panel).to_be_visible()

    def new_form(self) -> None:
        self.show_panel()
        self.panel.get_by_role("button", name="New job").click()
        expect(self.form.get_by_label("CPU", exact=True)).to_have_value("500m")

    def fill(self, fields: dict[str, str]) -> None:
        for label, value in fields.items():
            self.form.get_by_label(label, exact=True).fill(value)

    def submit(self) -> None:
        self.form.get_by_role("button", name="Submit", exact=True).click()

    def job(self, name: str) -> Locator:
        """The row of a job in the panel."""
        button = self.page.get_by_role("button", name=name, exact=True)
        return self.panel.get_by_role("listitem").filter(has=button)

    def show_job(self, name: str) -> Locator:
        """Open a job's details."""
        details = self.panel.get_by_role("region", name=f"Job {name}", exact=True)
        if not details.is_visible():
            self.job(name).get_by_role("button", name=name, exact=True).click()
        expect(details).to_be_visible()
        return details

    def widen_panel(self, width: int) -> None:
        """Drag the edge of the left panel."""
        handle = self.page.locator("#jp-main-split-panel > .lm-SplitPanel-handle")
        edge = handle.first.bounding_box()
        stack = self.page.locator("#jp-left-stack").bounding_box()
        assert edge
        assert stack
        self.page.mouse.move(edge["x"] + edge["width"] / 2, edge["y"] + 300)
        self.page.mouse.down()
        self.page.mouse.move(stack["x"] + width, edge["y"] + 300, steps=4)
        self.page.mouse.up()
