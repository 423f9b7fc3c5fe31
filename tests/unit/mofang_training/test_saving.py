"""Saving goes on without the page, and tells how far it is and what went wrong."""

import json
import logging
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from tornado.web import Application, RequestHandler
from unit.mofang_training.notebook import HUB_TOKEN, Notebook, served

from mofang_training import packages
from mofang_training.saving import RUN, SavingRun
from support.eventually import until

PATH = "mofang/training/api/packages/saving"
PREVIEW = "mofang/training/api/packages/preview"
DIGEST = "ab" * 32

PROGRAM = """
import json, pathlib, sys
here = pathlib.Path(__file__).parent
answer = here / f"{sys.argv[1]}-fails"
if answer.exists():
    print("[Mofang] " + answer.read_text(), file=sys.stderr)
    sys.exit(1)
if sys.argv[1] == "preview":
    print(json.dumps({"packages": [], "remarks": [], "bytes": 0}))
else:
    print(json.dumps({"done": 0, "all": 2}))
    print(json.dumps({"done": 2, "all": 2}))
    print(json.dumps({"digest": "ab" * 32}))
"""


@dataclass
class Hub:
    """The hub's API, as far as it is asked."""

    url: str = ""
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    refusal: tuple[int, str] | None = None
    phases: list[str] = field(default_factory=lambda: ["Storing", "Ready"])
    message: str = ""


class Handler(RequestHandler):
    def initialize(self, hub: Hub) -> None:
        self.hub = hub

    def prepare(self) -> None:
        assert self.request.headers["Authorization"] == f"token {HUB_TOKEN}"

    def post(self) -> None:
        self.hub.asked.append(("POST", json.loads(self.request.body)))
        if self.hub.refusal:
            status, message = self.hub.refusal
            self.set_status(status)
            self.finish({"message": message})
            return
        self.set_status(201)
        self.finish(self._saved("Storing"))

    def get(self) -> None:
        if self.request.path.endswith("/environments"):
            self.finish({"environments": [self._saved("Ready")]})
            return
        phases = self.hub.phases
        self.finish(self._saved(phases.pop(0) if len(phases) > 1 else phases[0]))

    def _saved(self, phase: str) -> dict[str, Any]:
        version = {"version": 2, "phase": phase, "message": self.hub.message}
        return {"name": "shapes", "versions": [{"version": 1}, version]}


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    hub = Hub()
    async with served(Application([("/.*", Handler, {"hub": hub})])) as port:
        hub.url = f"http://127.0.0.1:{port}/hub/api/mofang/environments"
        yield hub


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Take a program for ``mofang-environment``; returns the folder that it is in."""
    folder = tmp_path / "program"
    folder.mkdir()
    (folder / "program.py").write_text(PROGRAM)
    arguments = (sys.executable, "-I", str(folder / "program.py"))
    monkeypatch.setattr(packages, "PROGRAM", arguments)
    return folder


@pytest.fixture
async def saving(
    notebook: Notebook, hub: Hub, program: Path, tmp_path: Path
) -> AsyncIterator[SavingRun]:
    run = SavingRun(
        url=hub.url,
        token=HUB_TOKEN,
        project="vision",
        environment="pytorch",
        log=logging.getLogger("test"),
        home=tmp_path / "home",
    )
    (run.home / ".mofang" / "saved" / DIGEST).mkdir(parents=True)
    notebook.app.web_app.settings[RUN] = run
    yield run
    await run.stop()


async def save(notebook: Notebook, **wanted: Any) -> httpx.Response:
    async with notebook.client() as client:
        return await client.post(PATH, json={"title": "Shapes", **wanted})


async def state(notebook: Notebook) -> dict[str, Any]:
    async with notebook.client() as client:
        found: dict[str, Any] = (await client.get(PATH)).json()
        return found


async def test_it_is_saved_and_the_draft_goes(
    notebook: Notebook, hub: Hub, saving: SavingRun
) -> None:
    assert (await save(notebook, visibility="project")).status_code == 202
    await until(lambda: not saving.state.is_running)
    told = await state(notebook)
    assert (told["state"], told["message"]) == ("saved", "")
    assert (told["name"], told["version"]) == ("shapes", 2)
    assert (told["done"], told["all"]) == (2, 2)
    [(_, asked)] = hub.asked
    assert asked == {
        "title": "Shapes",
        "visibility": "project",
        "digest": DIGEST,
        "project": "vision",
        "environment": "pytorch",
    }
    await until(lambda: not (saving.home / ".mofang" / "saved" / DIGEST).exists())


@pytest.mark.parametrize("where", ["program", "hub", "store"])
async def test_why_it_was_not_saved_is_told(
    notebook: Notebook, hub: Hub, saving: SavingRun, program: Path, where: str
) -> None:
    said = "There is no room. Make some."
    match where:
        case "program":
            (program / "save-fails").write_text(said)
        case "hub":
            hub.refusal = (409, said)
        case "store":
            hub.phases, hub.message = ["Failed"], said
    assert (await save(notebook)).status_code == 202
    await until(lambda: not saving.state.is_running)
    told = await state(notebook)
    assert (told["state"], told["message"]) == ("failed", said)


async def test_one_is_saved_at_a_time(
    notebook: Notebook, hub: Hub, saving: SavingRun
) -> None:
    hub.phases = ["Storing"]
    await save(notebook)
    refused = await save(notebook)
    assert refused.status_code == 409
    assert "Wait until that is done" in refused.json()["message"]
    hub.phases = ["Ready"]
    await until(lambda: not saving.state.is_running)
    assert saving.state.state == "saved"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"title": 3}', b'{"digest": "x"}', b'{"project": "x"}']
)
async def test_a_page_chooses_neither_digest_nor_project(
    notebook: Notebook, hub: Hub, saving: SavingRun, body: bytes
) -> None:
    async with notebook.client() as client:
        answer = await client.post(PATH, content=body)
    assert answer.status_code == 400
    assert hub.asked == []


async def test_the_preview_has_what_it_can_be_a_version_of(
    notebook: Notebook, saving: SavingRun, program: Path
) -> None:
    async with notebook.client() as client:
        told = (await client.get(PREVIEW)).json()
        assert told["environment"] == "pytorch"
        assert [each["name"] for each in told["environments"]] == ["shapes"]
        (program / "preview-fails").write_text("It is not there yet.")
        refused = await client.get(PREVIEW)
    assert refused.status_code == 409
    assert refused.json()["message"] == "It is not there yet."


async def test_off_the_platform_there_is_nowhere_to_save(notebook: Notebook) -> None:
    assert (await save(notebook)).status_code == 503
    variables = {"MOFANG_PROJECT": "vision"}
    assert SavingRun.from_environment(variables, logging.getLogger()) is None


async def test_a_stranger_saves_nothing(notebook: Notebook, saving: SavingRun) -> None:
    async with notebook.client(token=None) as client:
        assert (await client.post(PATH, json={})).status_code in {302, 403}
    assert saving.state.state == "idle"
