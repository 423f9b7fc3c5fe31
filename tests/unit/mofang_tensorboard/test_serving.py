"""With the real TensorBoard."""

import asyncio
import os
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from unit.mofang_tensorboard.conftest import API, NotebookWith, until, write_run
from unit.mofang_training.notebook import BROWSER_TOKEN, Notebook

START = 60


async def started(browser: httpx.AsyncClient, body: dict[str, Any]) -> dict[str, Any]:
    answer = await browser.post(API, json=body, timeout=START)
    assert answer.status_code == 200, answer.text
    opened: dict[str, Any] = answer.json()
    return opened


def view(opened: dict[str, Any], path: str = "") -> str:
    """Return the address as a client of this base takes it."""
    return f"mofang/tensorboard/view/{opened['id']}/{path}"


async def test_a_directory_is_shown_under_the_notebooks_address(
    notebook: Notebook, storage: Path
) -> None:
    logs = write_run(storage / "projects/vision/runs/a")
    async with notebook.client() as browser:
        opened = await started(browser, {"logdir": str(logs)})
        assert opened["url"] == (
            f"/user/ada/vision-pytorch/mofang/tensorboard/view/{opened['id']}/"
        )
        assert opened["logdir"] == str(logs)
        page = await browser.get(view(opened))
        assert page.status_code == 200
        assert "<title>TensorBoard</title>" in page.text
        assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]
        assert "default-src 'self'" in page.headers["Content-Security-Policy"]
        assert "url(/" not in page.text  # Such an address would be the hub's.
        font = re.search(r"url\((font-[^)]+)\)", page.text)
        assert font is not None
        assert (await browser.get(view(opened, font[1]))).status_code == 200
        script = await browser.get(view(opened, "index.js"))
        assert script.status_code == 200
        assert len(script.content) > 100_000


async def test_files_of_the_person_do_not_keep_it_from_starting(
    notebook: Notebook,
    storage: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They may be called like modules of Python's."""
    for name in ("email", "queue", "signal", "typing"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('by mistake')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    logs = write_run(storage / "home/runs")
    async with notebook.client() as browser:
        opened = await started(browser, {"logdir": str(logs)})
        assert (await browser.get(view(opened))).status_code == 200


async def test_curves_are_read_by_its_own_requests(
    notebook: Notebook, storage: Path
) -> None:
    logs = write_run(storage / "home/runs", tag="accuracy")
    async with notebook.client() as browser:
        opened = await started(browser, {"logdir": str(logs)})

        async def tags() -> bool:
            answer = await browser.get(view(opened, "data/plugin/timeseries/tags"))
            runs = answer.json()["scalars"]["runTagInfo"]
            return list(runs.values()) == [["accuracy"]]

        await until(tags)
        asked = '[{"plugin": "scalars", "tag": "accuracy"}]'
        curves = await browser.post(
            view(opened, "data/plugin/timeseries/timeSeries"),
            files={"requests": (None, asked)},
        )
        assert curves.status_code == 200, curves.text
        (answer,) = curves.json()
        (points,) = answer["runToSeries"].values()
        assert [point["step"] for point in points] == [0, 1, 2, 3, 4]


async def test_several_directories_are_compared_by_name(
    notebook: Notebook, storage: Path
) -> None:
    """Names with commas, colons and blanks stay whole."""
    small = write_run(storage / "projects/vision/runs/a")
    large = write_run(storage / "global/runs/b")
    named = {"small, lr: 0.1": str(small), "large": str(large)}
    async with notebook.client() as browser:
        opened = await started(browser, {"logdirs": named})
        assert opened["logdir"] is None
        assert opened["logdirs"] == named

        async def runs() -> list[str]:
            answer = await browser.get(view(opened, "data/runs"))
            return sorted(answer.json())

        async def all_runs() -> bool:
            return await runs() == ["large", "small, lr: 0.1"]

        await until(all_runs)


async def test_the_same_directory_gives_the_one_that_runs(
    notebook: Notebook, storage: Path
) -> None:
    """Also when both are asked for at once, and by a link."""
    logs = write_run(storage / "projects/vision/runs/a")
    (storage / "home/link").symlink_to(logs)
    async with notebook.client() as browser:
        both = await asyncio.gather(
            started(browser, {"logdir": str(logs)}),
            started(browser, {"logdir": str(storage / "home/link")}),
        )
        assert both[0] == both[1]
        assert await started(browser, {"logdir": f"{logs}/"}) == both[0]
        listed = (await browser.get(API)).json()["instances"]
        assert listed == [both[0]]


async def test_stopping_ends_the_process_and_its_address(
    notebook: Notebook, storage: Path
) -> None:
    logs = write_run(storage / "home/runs")
    async with notebook.client() as browser:
        opened = await started(browser, {"logdir": str(logs)})
        assert running_with(opened["id"])
        answer = await browser.delete(f"{API}/{opened['id']}")
        assert answer.status_code == 204
        assert not running_with(opened["id"])
        page = await browser.get(view(opened))
        assert page.status_code == 404
        assert page.text == "This TensorBoard has ended. Open it again."
        assert page.headers["Content-Security-Policy"] == "frame-ancestors 'self'"
        again = await browser.delete(f"{API}/{opened['id']}")
        assert again.status_code == 404
        assert again.json()["error"] == "not_found"
        assert (await browser.get(API)).json() == {"instances": []}


async def test_it_ends_with_the_server(
    notebook_with: NotebookWith, storage: Path
) -> None:
    logs = write_run(storage / "home/runs")
    async with notebook_with() as server, server.client() as browser:
        opened = await started(browser, {"logdir": str(logs)})
    assert not running_with(opened["id"])


async def test_it_ends_with_a_server_that_is_killed(storage: Path) -> None:
    """Nothing is left behind that nobody knows of any more."""
    prefix = f"/{storage.parent.name}/view"
    script = (
        "import asyncio, pathlib, sys\n"
        "from mofang_tensorboard.program import ProgramSettings, TensorBoardProgram\n"
        "from mofang_tensorboard.selection import Selection\n"
        "async def main():\n"
        f"    home = Selection((('', pathlib.Path({str(storage / 'home')!r})),))\n"
        f"    await TensorBoardProgram.start(home, {prefix!r}, ProgramSettings())\n"
        "    print('serving', flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-", stdin=asyncio.subprocess.PIPE, stdout=-1
    )
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(script.encode())
    server.stdin.close()
    assert await asyncio.wait_for(server.stdout.readline(), START) == b"serving\n"
    assert running_with(f"--path_prefix={prefix}")
    server.kill()
    await server.wait()

    async def gone() -> bool:
        return not running_with(f"--path_prefix={prefix}")

    await until(gone)


async def test_it_ends_when_nobody_uses_it(
    notebook_with: NotebookWith, storage: Path
) -> None:
    logs = write_run(storage / "home/runs")
    async with (
        notebook_with(idle_seconds=0.2, poll_seconds=0.1) as server,
        server.client() as browser,
    ):
        opened = await started(browser, {"logdir": str(logs)})

        async def gone() -> bool:
            return not running_with(opened["id"])

        await until(gone)
        assert (await browser.get(API)).json() == {"instances": []}
        again = await started(browser, {"logdir": str(logs)})
        assert again["id"] != opened["id"]


async def test_one_that_died_is_started_anew(notebook: Notebook, storage: Path) -> None:
    logs = write_run(storage / "home/runs")
    async with notebook.client() as browser:
        opened = await started(browser, {"logdir": str(logs)})
        for pid in running_with(opened["id"]):
            os.kill(pid, 9)

        async def gone() -> bool:
            return bool((await browser.get(API)).json() == {"instances": []})

        await until(gone)
        again = await started(browser, {"logdir": str(logs)})
        assert again["id"] != opened["id"]
        assert (await browser.get(view(again))).status_code == 200


@pytest.mark.parametrize("token", ["wrong", None])
async def test_strangers_see_nothing(
    notebook: Notebook, storage: Path, token: str | None
) -> None:
    logs = write_run(storage / "home/runs")
    async with notebook.client() as browser:
        opened = await started(browser, {"logdir": str(logs)})
    async with notebook.client(token=token) as stranger:
        for path in (view(opened), view(opened, "data/runs")):
            page = await stranger.get(path)
            assert page.status_code == 302
            assert "/login" in page.headers["Location"]
        assert (await stranger.post(view(opened))).status_code == 403
        assert (await stranger.get(API)).status_code == 403


async def test_pages_of_other_sites_ask_nothing(
    notebook: Notebook, storage: Path
) -> None:
    """With the person's cookie, which a browser may add to such a request."""
    logs = write_run(storage / "home/runs")
    async with notebook.client(token=None) as browser:
        await browser.get("lab", params={"token": BROWSER_TOKEN})
        xsrf = browser.cookies["_xsrf"]
        opened = (
            await browser.post(
                API,
                json={"logdir": str(logs)},
                headers={"X-XSRFToken": xsrf},
                timeout=START,
            )
        ).json()
        curves = view(opened, "data/plugin/timeseries/timeSeries")
        own = f"http://{urlsplit(notebook.url).netloc}"
        asked = {"requests": (None, "[]")}
        foreign = {"Origin": "https://elsewhere.example"}
        refused = await browser.post(curves, files=asked, headers=foreign)
        assert refused.status_code == 403
        answered = await browser.post(curves, files=asked, headers={"Origin": own})
        assert answered.status_code == 200
        unguarded = await browser.post(API, json={"logdir": str(logs)})
        assert unguarded.status_code == 403
        assert "XSRF" in unguarded.json()["message"].upper()


def running_with(text: str) -> list[int]:
    """Return the processes of the machine whose command line holds that text."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                arguments = (folder / "cmdline").read_bytes().decode("utf-8", "replace")
            except OSError:
                continue
            if text in arguments:
                found.append(int(folder.name))
    return found
