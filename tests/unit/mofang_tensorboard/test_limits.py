# ruff: noqa: ASYNC240 - looks at /proc and folders of the test take no time.
"""How many there may be, and how starts fail; with small programs in its place."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from unit.mofang_tensorboard.conftest import API, NotebookWith, until

HEARD = [sys.executable, str(Path(__file__).with_name("heard_program.py"))]


async def opened(browser: httpx.AsyncClient, folder: Path) -> dict[str, Any]:
    folder.mkdir(exist_ok=True)
    answer = await browser.post(API, json={"logdir": str(folder)}, timeout=30)
    told: dict[str, Any] = answer.json()
    return told


async def listed(browser: httpx.AsyncClient) -> list[str]:
    instances = (await browser.get(API)).json()["instances"]
    return [Path(each["logdir"]).name for each in instances]


async def test_the_idlest_gives_way_to_another(
    notebook_with: NotebookWith, storage: Path
) -> None:
    async with (
        notebook_with(command=HEARD, at_most=2, replace_seconds=0) as server,
        server.client() as browser,
    ):
        first = await opened(browser, storage / "home/a")
        await opened(browser, storage / "home/b")
        await browser.get(f"{API}/{first['id']}")
        await opened(browser, storage / "home/c")
        assert await listed(browser) == ["a", "c"]


async def test_none_gives_way_while_all_are_in_use(
    notebook_with: NotebookWith, storage: Path
) -> None:
    async with (
        notebook_with(command=HEARD, at_most=2) as server,
        server.client() as browser,
    ):
        await opened(browser, storage / "home/a")
        await opened(browser, storage / "home/b")
        refused = await opened(browser, storage / "home/c")
        assert refused == {
            "error": "too_many_requests",
            "message": "2 TensorBoards run already, and all are in use: "
            f"{storage}/home/a; {storage}/home/b. Stop one of them first.",
            "fields": {},
        }
        assert await listed(browser) == ["a", "b"]


async def test_many_at_once_are_counted_while_they_start(
    notebook_with: NotebookWith, storage: Path
) -> None:
    async with (
        notebook_with(command=HEARD, at_most=2) as server,
        server.client() as browser,
    ):
        asked = [opened(browser, storage / f"home/{name}") for name in "abcd"]
        answers = await asyncio.gather(*asked)
        assert sum("id" in answer for answer in answers) == 2
        assert (
            sum(answer.get("error") == "too_many_requests" for answer in answers) == 2
        )


async def test_a_failed_start_answers_with_its_last_words(
    notebook_with: NotebookWith, storage: Path
) -> None:
    script = "import sys; print('x' * 50_000); sys.exit('No module named tensorboard')"
    async with (
        notebook_with(command=[sys.executable, "-c", script]) as server,
        server.client() as browser,
    ):
        answer = await browser.post(API, json={"logdir": str(storage / "home")})
        assert answer.status_code == 502
        message = answer.json()["message"]
        assert message.startswith("TensorBoard ended at once.")
        assert message.endswith("No module named tensorboard")
        assert len(message) < 1000
        assert await listed(browser) == []


async def test_a_program_that_is_not_there_is_told(
    notebook_with: NotebookWith, storage: Path
) -> None:
    async with (
        notebook_with(command=["/nowhere/tensorboard"]) as server,
        server.client() as browser,
    ):
        answer = await browser.post(API, json={"logdir": str(storage / "home")})
        assert answer.status_code == 502
        assert answer.json()["message"] == (
            "TensorBoard cannot be run here: No such file or directory. "
            "Choose an environment that has it."
        )


async def test_a_start_that_hangs_is_given_up(
    notebook_with: NotebookWith, storage: Path, tmp_path: Path
) -> None:
    """And the program is gone with its folder."""
    mark = tmp_path / "where"
    script = (
        "import os, pathlib, signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_DFL)\n"
        f"pathlib.Path({str(mark)!r}).write_text(f'{{os.getpid()}} {{os.getcwd()}}')\n"
        "print('Loading', flush=True)\n"
        "time.sleep(600)\n"
    )
    async with (
        notebook_with(
            command=[sys.executable, "-c", script], start_seconds=8
        ) as server,
        server.client() as browser,
    ):
        answer = await browser.post(
            API, json={"logdir": str(storage / "home")}, timeout=30
        )
        assert answer.status_code == 502
        assert answer.json()["message"] == (
            "TensorBoard did not start within 8 s. Try again. It said: Loading"
        )
        pid, folder = mark.read_text().split(" ", 1)
        assert not Path("/proc", pid).exists()
        assert not Path(folder).exists()


async def test_a_server_that_stops_ends_what_is_starting(
    notebook_with: NotebookWith, storage: Path, tmp_path: Path
) -> None:
    mark = tmp_path / "pid"
    script = (
        "import os, pathlib, time\n"
        f"pathlib.Path({str(mark)!r}).write_text(str(os.getpid()))\n"
        "time.sleep(600)\n"
    )
    async with notebook_with(command=[sys.executable, "-c", script]) as server:
        async with server.client() as browser:
            with pytest.raises(httpx.ReadTimeout):
                await browser.post(
                    API,
                    json={"logdir": str(storage / "home")},
                    timeout=httpx.Timeout(5, read=1),
                )

        async def written() -> bool:
            return mark.exists() and mark.read_text() != ""

        await until(written)
        pid = mark.read_text()
        assert Path("/proc", pid).exists()
    assert not Path("/proc", pid).exists()


async def test_tensorboard_sees_the_path_and_none_of_the_secrets(
    notebook_with: NotebookWith, storage: Path
) -> None:
    async with (
        notebook_with(command=HEARD) as server,
        server.client() as browser,
    ):
        told = await opened(browser, storage / "home")
        answer = await browser.get(
            f"mofang/tensorboard/view/{told['id']}/data/a%20b?tag=x%2Fy",
            headers={"Cookie": "session=1", "X-XSRFToken": "1"},
        )
        heard = answer.json()
        assert heard["path"] == f"{told['url']}data/a%20b?tag=x%2Fy"
        names = {name.lower() for name in heard["headers"]}
        assert "accept" in names
        assert names.isdisjoint({"cookie", "authorization", "x-xsrftoken"})


async def test_only_reading_verbs_reach_tensorboard(
    notebook_with: NotebookWith, storage: Path
) -> None:
    async with (
        notebook_with(command=HEARD) as server,
        server.client() as browser,
    ):
        told = await opened(browser, storage / "home")
        for verb in ("PUT", "DELETE", "PATCH", "OPTIONS"):
            answer = await browser.request(
                verb, f"mofang/tensorboard/view/{told['id']}/"
            )
            assert answer.status_code == 405


async def test_memory_is_taken_from_tensorboard_first(
    notebook_with: NotebookWith, storage: Path
) -> None:
    """A kernel with somebody's work survives it."""
    script = (
        "import runpy, sys, time\n"
        "from pathlib import Path\n"
        "score = Path('/proc/self/oom_score_adj')\n"
        "while score.read_text() != '500\\n': time.sleep(0.01)\n"
        f"runpy.run_path({HEARD[1]!r})\n"
    )
    async with (
        notebook_with(command=[sys.executable, "-c", script]) as server,
        server.client() as browser,
    ):
        assert "id" in await opened(browser, storage / "home")
