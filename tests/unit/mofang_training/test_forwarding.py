import asyncio
import json
from pathlib import Path

import httpx
import pytest
from unit.mofang_training.conftest import Upstream, wire_error
from unit.mofang_training.notebook import (
    BROWSER_TOKEN,
    HUB_TOKEN,
    Notebook,
    running_notebook,
    set_platform,
)

API = "mofang/training/api"


@pytest.mark.parametrize(
    ("verb", "path", "upstream_path"),
    [
        pytest.param("GET", "environments", "environments", id="environments"),
        pytest.param("GET", "jobs", "jobs", id="list"),
        pytest.param("GET", "jobs?limit=5&after=x", "jobs?limit=5&after=x", id="page"),
        pytest.param("POST", "jobs", "jobs", id="submit"),
        pytest.param("GET", "jobs/train-abc123", "jobs/train-abc123", id="one"),
        pytest.param("DELETE", "jobs/train-abc123", "jobs/train-abc123", id="delete"),
        pytest.param(
            "POST", "jobs/train-abc123/cancel", "jobs/train-abc123/cancel", id="cancel"
        ),
        pytest.param(
            "GET",
            "jobs/train-abc123/logs/worker/1?offset=-10&limit=5&evil=1",
            "jobs/train-abc123/logs/worker/1?offset=-10&limit=5",
            id="log, with the parameters it knows",
        ),
    ],
)
async def test_requests_reach_the_servers_own_project(
    notebook: Notebook, upstream: Upstream, verb: str, path: str, upstream_path: str
) -> None:
    """The project and the token are the server's; the page cannot choose them."""
    async with notebook.client() as browser:
        answer = await browser.request(verb, f"{API}/{path}", content=b"{}")
    assert answer.status_code == 200
    [(asked_verb, uri, headers, _)] = upstream.asked
    assert asked_verb == verb
    assert uri == f"/services/training/api/projects/vision/{upstream_path}"
    assert headers["Authorization"] == f"token {HUB_TOKEN}"


async def test_the_hub_token_never_reaches_the_browser(
    notebook: Notebook, upstream: Upstream
) -> None:
    upstream.headers["X-Secret"] = HUB_TOKEN
    async with notebook.client() as browser:
        for path in ("jobs", "defaults", "jobs/train-abc123"):
            answer = await browser.get(f"{API}/{path}")
            assert HUB_TOKEN not in answer.text + str(answer.headers)
    assert all(BROWSER_TOKEN not in str(asked) for asked in upstream.asked)


async def test_a_submission_arrives_as_it_was_sent(
    notebook: Notebook, upstream: Upstream
) -> None:
    upstream.status = 201
    upstream.answer = b'{"id": "train-abc123"}'
    async with notebook.client() as browser:
        answer = await browser.post(f"{API}/jobs", json={"name": "train"})
    assert answer.status_code == 201
    assert answer.json() == {"id": "train-abc123"}
    assert json.loads(upstream.asked[0][3]) == {"name": "train"}


async def test_an_answer_without_content_stays_one(
    notebook: Notebook, upstream: Upstream
) -> None:
    upstream.status = 204
    async with notebook.client() as browser:
        answer = await browser.delete(f"{API}/jobs/train-abc123")
    assert answer.status_code == 204
    assert answer.content == b""


async def test_a_refusal_of_the_service_is_passed_on_whole(
    notebook: Notebook, upstream: Upstream
) -> None:
    upstream.status = 422
    upstream.answer = wire_error("invalid", "Mend the fields.", replicas="At most 64.")
    async with notebook.client() as browser:
        answer = await browser.post(f"{API}/jobs", content=b"{}")
    assert answer.status_code == 422
    assert answer.json()["fields"] == {"replicas": "At most 64."}


@pytest.mark.parametrize(
    "path",
    [
        "jobs/..%2F..%2Fother",
        "jobs/a..b",
        "jobs/Train",
        "jobs/abc/logs/worker/-1",
        "jobs/abc/logs/worker/x",
        "jobs/abc/logs/Wor%2Fker/0",
        "jobs/abc/shell/worker/0",
        "projects/speech/jobs",
    ],
)
async def test_paths_of_another_shape_are_not_forwarded(
    notebook: Notebook, upstream: Upstream, path: str
) -> None:
    async with notebook.client() as browser:
        answer = await browser.get(f"{API}/{path}")
    assert answer.status_code == 404
    assert upstream.asked == []


async def test_a_busy_service_says_through_the_notebook_when_to_ask_again(
    notebook: Notebook, upstream: Upstream
) -> None:
    upstream.status, upstream.headers = 429, {"Retry-After": "5"}
    async with notebook.client() as browser:
        answer = await browser.get(f"{API}/jobs")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "5"


async def test_a_huge_submission_is_refused_in_a_sentence(
    notebook: Notebook, upstream: Upstream
) -> None:
    async with notebook.client() as browser:
        answer = await browser.post(f"{API}/jobs", content=b"x" * (1024 * 1024 + 1))
    assert answer.status_code == 413
    assert "at most 1 MiB" in answer.json()["message"]
    assert upstream.asked == []


async def test_a_page_of_another_site_cannot_submit(
    notebook: Notebook, upstream: Upstream
) -> None:
    """Without a token in the request, jupyter_server wants its XSRF cookie."""
    async with notebook.client(token=None) as browser:
        await browser.get("lab", params={"token": BROWSER_TOKEN})
        browser.cookies.delete("_xsrf")
        answer = await browser.post(f"{API}/jobs", content=b"{}")
    assert answer.status_code == 403
    assert answer.json()["error"] == "forbidden"
    assert upstream.asked == []


async def test_a_service_that_is_away_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    set_platform(monkeypatch, "http://127.0.0.1:1/services/training")
    async with (
        running_notebook(monkeypatch, tmp_path, "mofang_training") as server,
        server.client() as browser,
    ):
        answer = await browser.get(f"{API}/jobs")
    assert answer.status_code == 502
    assert answer.json()["error"] == "service_unavailable"
    assert answer.json()["message"].startswith("The training service does not answer. ")


async def test_a_server_off_the_platform_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("JUPYTERHUB_API_TOKEN", "MOFANG_API_URL", "MOFANG_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    async with (
        running_notebook(monkeypatch, tmp_path, "mofang_training") as server,
        server.client() as browser,
    ):
        answer = await browser.get(f"{API}/jobs")
    assert answer.status_code == 503
    assert "was not started by Mofang" in answer.json()["message"]


async def test_defaults_name_what_a_form_starts_with(
    notebook: Notebook, upstream: Upstream, tmp_path: Path
) -> None:
    async with notebook.client() as browser:
        defaults = (await browser.get(f"{API}/defaults")).json()
    assert defaults["project"] == "vision"
    assert defaults["environment"] == "pytorch"
    assert defaults["image"] == "docker.io/mofang/pytorch:1"
    assert defaults["root_dir"] == str(tmp_path / "root")
    assert defaults["limits"]["replicas"] == 64
    assert upstream.asked == []


@pytest.mark.parametrize(
    "path", ["jobs/watch", "jobs/train-abc123/logs/worker/0?follow=true&offset=0"]
)
async def test_a_stream_comes_piece_by_piece(
    notebook: Notebook, upstream: Upstream, path: str
) -> None:
    """Each piece arrives before the next one is sent."""
    upstream.headers["Content-Type"] = "text/event-stream"
    async with (
        notebook.client() as browser,
        browser.stream("GET", f"{API}/{path}") as answer,
    ):
        assert answer.headers["Content-Type"] == "text/event-stream"
        pieces = answer.aiter_bytes()
        for piece in (b"event: job\n\n", b": still here\n\n"):
            await upstream.pieces.put(piece)
            assert await asyncio.wait_for(anext(pieces), 30) == piece
        await upstream.pieces.put(None)
        with pytest.raises(StopAsyncIteration):
            await asyncio.wait_for(anext(pieces), 30)


async def test_a_stream_ends_when_the_browser_goes(
    notebook: Notebook, upstream: Upstream
) -> None:
    async with (
        notebook.client() as browser,
        browser.stream("GET", f"{API}/jobs/watch") as answer,
    ):
        await upstream.pieces.put(b": hello\n\n")
        await asyncio.wait_for(anext(answer.aiter_bytes()), 30)
        assert not upstream.gone.is_set()
    await asyncio.wait_for(upstream.gone.wait(), 30)


async def test_a_broken_stream_is_not_passed_off_as_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A service that dies in the middle must look like that to the browser."""

    async def dying(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        writer.write(head + b"5\r\nhello\r\n")
        await writer.drain()
        writer.close()

    service = await asyncio.start_server(dying, "127.0.0.1", 0)
    port = service.sockets[0].getsockname()[1]
    set_platform(monkeypatch, f"http://127.0.0.1:{port}/services/training")
    async with (
        service,
        running_notebook(monkeypatch, tmp_path, "mofang_training") as server,
        server.client() as browser,
    ):
        with pytest.raises(httpx.RemoteProtocolError):
            await browser.get(f"{API}/jobs/train-abc123/logs/worker/0?follow=true")
