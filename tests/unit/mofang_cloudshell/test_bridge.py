import asyncio
import json
from pathlib import Path

import pytest
from tornado.httpclient import HTTPClientError
from unit.mofang_cloudshell.conftest import OpenTerminal, Shells
from unit.mofang_training.notebook import (
    HUB_TOKEN,
    Notebook,
    running_notebook,
    set_platform,
)

NAME = "train-abc123%3Aworker%3A1"


async def test_typing_and_output_cross_the_bridge(
    notebook: Notebook, shells: Shells, open_terminal: OpenTerminal
) -> None:
    terminal = await open_terminal(notebook, NAME)
    assert await terminal.heard() == ["setup", {}]
    assert await terminal.heard() == ["stdout", "hello\r\n"]
    terminal.send("stdin", "ls\r")
    terminal.send("set_size", 24, 80, 0, 0)
    assert await terminal.heard() == ["stdout", "ls\r"]
    assert json.loads(await shells.typed.get()) == ["stdin", "ls\r"]
    assert json.loads(await shells.typed.get()) == ["set_size", 24, 80, 0, 0]
    assert shells.asked == [
        (
            "/services/training/api/projects/vision/jobs/train-abc123/shell/worker/1",
            f"token {HUB_TOKEN}",
        )
    ]


async def test_the_shell_ends_with_its_terminal(
    notebook: Notebook, shells: Shells, open_terminal: OpenTerminal
) -> None:
    terminal = await open_terminal(notebook, NAME)
    await terminal.heard()
    await terminal.close()
    await asyncio.wait_for(shells.closed.wait(), 30)


async def test_the_terminal_ends_with_its_shell(
    notebook: Notebook, shells: Shells, open_terminal: OpenTerminal
) -> None:
    """`exit` in the shell: a line says so before terminado's own message."""
    terminal = await open_terminal(notebook, NAME)
    await terminal.heard()
    await terminal.heard()
    shells.open[0].write_message(json.dumps(["disconnect", 1]))
    shells.open[0].close()
    _, text = await terminal.heard() or ["", ""]
    assert "The shell has ended." in text
    assert await terminal.heard() == ["disconnect", 1]
    assert await terminal.heard() is None


async def test_a_lost_shell_is_told_in_the_terminal(
    notebook: Notebook, shells: Shells, open_terminal: OpenTerminal
) -> None:
    terminal = await open_terminal(notebook, NAME)
    await terminal.heard()
    await terminal.heard()
    shells.open[0].close(1011, "The container was removed.")
    kind, text = await terminal.heard() or ["", ""]
    assert kind == "stdout"
    assert "[Mofang]" in text
    assert "The container was removed." in text
    assert await terminal.heard() == ["disconnect", 1]
    assert await terminal.heard() is None


async def test_a_refusal_is_told_in_the_terminal(
    notebook: Notebook, shells: Shells, open_terminal: OpenTerminal
) -> None:
    """A browser shows nobody the body of a refused handshake."""
    message = "This job belongs to ben. Ask an admin of the project."
    shells.refusal = (403, {"error": "forbidden", "message": message, "fields": {}})
    terminal = await open_terminal(notebook, NAME)
    assert await terminal.heard() == ["setup", {}]
    kind, text = await terminal.heard() or ["", ""]
    assert kind == "stdout"
    assert message in text
    assert await terminal.heard() == ["disconnect", 1]


async def test_a_service_that_is_away_is_told_in_the_terminal(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, open_terminal: OpenTerminal
) -> None:
    set_platform(monkeypatch, "http://127.0.0.1:1/services/training")
    async with running_notebook(monkeypatch, tmp_path, "mofang_cloudshell") as server:
        terminal = await open_terminal(server, NAME)
        assert await terminal.heard() == ["setup", {}]
        _, text = await terminal.heard() or ["", ""]
    assert "The training service does not answer." in text


async def test_what_is_typed_before_the_shell_opens_is_not_lost(
    notebook: Notebook, shells: Shells, open_terminal: OpenTerminal
) -> None:
    terminal = await open_terminal(notebook, NAME)
    terminal.send("stdin", "early\r")
    assert json.loads(await asyncio.wait_for(shells.typed.get(), 30))[1] == "early\r"


@pytest.mark.parametrize(
    "name",
    ["1", "train:worker", "Train:worker:0", "a%2F..%2Fb:worker:0", "a:worker:-1"],
)
async def test_other_names_are_not_found(
    notebook: Notebook, shells: Shells, name: str, open_terminal: OpenTerminal
) -> None:
    with pytest.raises(HTTPClientError) as refused:
        await open_terminal(notebook, name)
    assert refused.value.code == 404
    assert shells.asked == []


async def test_strangers_are_refused(
    notebook: Notebook, shells: Shells, open_terminal: OpenTerminal
) -> None:
    with pytest.raises(HTTPClientError) as refused:
        await open_terminal(notebook, NAME, token="wrong")
    assert refused.value.code == 403
    assert shells.asked == []


async def test_pages_of_other_sites_are_refused(
    notebook: Notebook, shells: Shells, open_terminal: OpenTerminal
) -> None:
    """Their WebSocket would carry the user's cookies."""
    with pytest.raises(HTTPClientError) as refused:
        await open_terminal(
            notebook, NAME, token="wrong", Origin="https://elsewhere.example"
        )
    assert refused.value.code == 403
    assert shells.asked == []


async def test_delete_ends_the_shell(
    notebook: Notebook, shells: Shells, open_terminal: OpenTerminal
) -> None:
    terminal = await open_terminal(notebook, NAME)
    await terminal.heard()
    await terminal.heard()
    async with notebook.client() as browser:
        answer = await browser.delete(f"mofang/cloudshell/api/terminals/{NAME}")
        assert answer.status_code == 204
        await asyncio.wait_for(shells.closed.wait(), 30)
        kind, text = await terminal.heard() or ["", ""]
        assert (kind, "ended" in text) == ("stdout", True)
        assert await terminal.heard() == ["disconnect", 1]
        assert await terminal.heard() is None
        again = await browser.delete(f"mofang/cloudshell/api/terminals/{NAME}")
        assert again.status_code == 404
        assert again.json()["message"].endswith("in this server.")


async def test_a_shell_counts_as_activity(
    notebook: Notebook, shells: Shells, open_terminal: OpenTerminal
) -> None:
    """Nobody's server is culled while they work in a Cloud Shell."""
    before = notebook.app.web_app.last_activity()
    terminal = await open_terminal(notebook, NAME)
    await terminal.heard()
    assert notebook.app.web_app.last_activity() > before
    await terminal.close()
