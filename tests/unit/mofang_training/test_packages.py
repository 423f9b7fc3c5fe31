"""The page sees what a person changed of her packages, and undoes it by one request."""

import json
import sys
from pathlib import Path

import pytest
from unit.mofang_training.notebook import Notebook

from mofang_training import packages

PATH = "mofang/training/api/packages"

PROGRAM = """
import pathlib, sys
home = pathlib.Path(__file__).parent
with open(home / "asked", "a") as file:
    print(*sys.argv[1:], file=file)
answer = home / f"{sys.argv[1]}-fails"
if answer.exists():
    code, sentence = answer.read_text().split(" ", 1)
    print("Something else", file=sys.stderr)
    print("[Mofang] " + sentence, file=sys.stderr)
    sys.exit(int(code))
print('{"state": "ready", "changes": []}')
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Take a program for ``mofang-environment``; returns the folder that it is in."""
    folder = tmp_path / "program"
    folder.mkdir()
    (folder / "program.py").write_text(PROGRAM)
    arguments = (sys.executable, "-I", str(folder / "program.py"))
    monkeypatch.setattr(packages, "PROGRAM", arguments)
    return folder


async def test_changes_are_told(notebook: Notebook, program: Path) -> None:
    async with notebook.client() as client:
        answer = await client.get(PATH)
    assert answer.json() == {"state": "ready", "changes": []}
    assert (program / "asked").read_text() == "status --json\n"


async def test_all_changes_are_undone_by_one_request(
    notebook: Notebook, program: Path
) -> None:
    async with notebook.client() as client:
        answer = await client.delete(PATH)
    assert answer.json()["state"] == "ready"
    assert (program / "asked").read_text() == "reset\nstatus --json\n"


async def test_what_cannot_be_undone_is_told_in_a_sentence(
    notebook: Notebook, program: Path
) -> None:
    (program / "reset-fails").write_text("1 Make room in your home.")
    async with notebook.client() as client:
        answer = await client.delete(PATH)
    assert answer.status_code == 409
    assert answer.json()["message"] == "Make room in your home."
    assert (program / "asked").read_text() == "reset\n"


async def test_the_real_program_answers(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("MOFANG_ENVIRONMENT", raising=False)
    async with notebook.client() as client:
        assert (await client.get(PATH)).status_code == 404
    monkeypatch.setenv("MOFANG_ENVIRONMENT", "pytorch")
    monkeypatch.setenv("HOME", str(tmp_path))
    async with notebook.client() as client:
        answer = await client.get(PATH)
    assert json.loads(answer.content) == {
        "environment": "pytorch",
        "path": str(tmp_path / ".mofang" / "environments" / "pytorch"),
        "state": "absent",
        "changes": [],
        "notice": "",
    }


async def test_strangers_learn_nothing(notebook: Notebook, program: Path) -> None:
    async with notebook.client(token="wrong") as client:
        assert (await client.delete(PATH)).status_code == 403
    assert not (program / "asked").exists()
