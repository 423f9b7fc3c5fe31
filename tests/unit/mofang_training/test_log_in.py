"""The page that renews a log-in while JupyterLab stays open."""

from pathlib import Path

import pytest
from unit.mofang_training.notebook import running_notebook

PAGE = "mofang/training/log-in"


async def test_who_is_logged_in_gets_a_page_that_tells_the_other_tabs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with (
        running_notebook(monkeypatch, tmp_path, "mofang_training") as notebook,
        notebook.client() as session,
    ):
        answer = await session.get(PAGE)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "BroadcastChannel('mofang-log-in')" in answer.text


async def test_everybody_else_is_led_to_the_log_in_and_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with (
        running_notebook(monkeypatch, tmp_path, "mofang_training") as notebook,
        notebook.client(token=None) as session,
    ):
        answer = await session.get(PAGE)

    assert answer.status_code == 302
    assert PAGE.replace("/", "%2F") in answer.headers["Location"]
