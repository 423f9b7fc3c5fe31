"""The preview of a form warns of files that are not there."""

import json
from pathlib import Path
from typing import Any

import pytest
from unit.mofang_training.conftest import Upstream
from unit.mofang_training.notebook import Notebook

from mofang_training.files import missing_files, with_warnings


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "train.py").touch()
    (tmp_path / "requirements.txt").touch()
    return tmp_path


def warned(home: Path, **spec: Any) -> dict[str, str]:
    asked = {"working_directory": str(home), "code": None, **spec}
    return missing_files(asked, [str(home)])


@pytest.mark.parametrize(
    ("spec", "field", "says"),
    [
        pytest.param({"script": "tain.py"}, "script", "No such file: ", id="misspelt"),
        pytest.param({"script": "data"}, "script", "Not a file: ", id="a directory"),
        pytest.param(
            {"script": "train.py/x"}, "script", "No such file: ", id="below a file"
        ),
        pytest.param(
            {"requirements": "none.txt"},
            "requirements",
            "No such file: ",
            id="requirements",
        ),
        pytest.param(
            {"inputs": [{"path": "{home}/data"}, {"path": "{home}/dat"}]},
            "inputs.1.path",
            "No such file or directory: ",
            id="the second input",
        ),
    ],
)
def test_what_is_missing_is_told_at_its_field(
    home: Path, spec: dict[str, Any], field: str, says: str
) -> None:
    whole = json.loads(json.dumps(spec).replace("{home}", str(home)))

    found = warned(home, **whole)

    assert list(found) == [field]
    assert found[field].startswith(f"{says}{home}/")


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({"script": "train.py"}, id="there"),
        pytest.param({"script": "./data/../train.py"}, id="there, by a detour"),
        pytest.param({"script": "", "command": ["python"]}, id="a command"),
        pytest.param({"script": "/opt/mofang/examples/x.py"}, id="in the image"),
        pytest.param({"script": "../../x.py"}, id="what jobs do not see"),
        pytest.param({"script": "x.py", "code": {"snapshot": "1"}}, id="a copy"),
        pytest.param({"script": "x\0.py"}, id="no path at all"),
        pytest.param(
            {"script": 3, "inputs": [None], "requirements": []}, id="nonsense"
        ),
    ],
)
def test_nothing_else_is_warned_of(home: Path, spec: dict[str, Any]) -> None:
    assert warned(home, **spec) == {}


def test_of_a_directory_that_is_missing_nothing_more_is_said(home: Path) -> None:
    gone = str(home / "gone")

    assert warned(home, working_directory=gone, script="x.py") == {
        "working_directory": f"No such directory: {gone}"
    }


@pytest.mark.parametrize("answer", [b"", b"[]", b"{"])
def test_an_answer_of_another_form_is_passed_on(answer: bytes) -> None:
    assert with_warnings(answer, b"{}", []) == answer


async def test_the_preview_has_the_warnings_beside_the_services_answer(
    notebook: Notebook, upstream: Upstream
) -> None:
    upstream.answer = json.dumps(
        {"manifest": "a: 1", "fields": {"name": "No."}}
    ).encode()
    spec = {"working_directory": "/home/jovyan/no-such-folder", "script": "x.py"}

    async with notebook.client() as client:
        answer = await client.post("mofang/training/api/jobs/preview", json=spec)

    assert answer.json() == {
        "manifest": "a: 1",
        "fields": {"name": "No."},
        "warnings": {
            "working_directory": "No such directory: /home/jovyan/no-such-folder"
        },
    }


async def test_a_refused_preview_is_passed_on_as_it_is(
    notebook: Notebook, upstream: Upstream
) -> None:
    upstream.status = 403
    upstream.answer = b'{"error": "forbidden", "message": "No.", "fields": {}}'

    async with notebook.client() as client:
        answer = await client.post("mofang/training/api/jobs/preview", json={})

    assert answer.status_code == 403
    assert answer.content == upstream.answer
