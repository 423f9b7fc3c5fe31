import json
from pathlib import Path
from typing import Any

import pytest
from unit.mofang_tensorboard.conftest import API
from unit.mofang_training.notebook import Notebook

from mofang_tensorboard.allowed_roots import AllowedRoots
from mofang_tensorboard.errors import TensorBoardError
from mofang_tensorboard.selection import read_selection


@pytest.fixture
def allowed(storage: Path) -> AllowedRoots:
    roots = ("home", "projects/vision", "global")
    return AllowedRoots(roots=tuple(storage / each for each in roots))


def refusal(body: Any, allowed: AllowedRoots, root: Path) -> TensorBoardError:
    with pytest.raises(TensorBoardError) as refused:
        read_selection(body, allowed, root)
    return refused.value


def test_links_are_followed_before_a_directory_is_judged(
    allowed: AllowedRoots, storage: Path
) -> None:
    (storage / "home/secret").symlink_to("/etc")
    (storage / "home/neighbour").symlink_to(storage / "projects/speech")
    for name in ("secret", "neighbour"):
        refused = refusal({"logdir": f"{storage}/home/{name}"}, allowed, storage)
        assert refused.status == 403
        assert "which leads to" in str(refused)
        assert refused.fields == {"logdir": str(refused)}


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [
        pytest.param("/etc", 403, "cannot be shown", id="elsewhere"),
        pytest.param("{0}/projects/speech", 403, "cannot be shown", id="neighbour"),
        pytest.param("{0}/projects/visionary", 403, "cannot be", id="same beginning"),
        pytest.param("{0}/home/../projects/speech", 403, "leads to", id="dots"),
        pytest.param("/etc/no/such", 403, "cannot be shown", id="nothing elsewhere"),
        pytest.param("{0}/home/none", 404, "There is no directory", id="absent"),
        pytest.param("{0}/home/file", 400, "is a file", id="file"),
        pytest.param("{0}/home/file/x", 404, "There is no directory", id="in a file"),
        pytest.param("{0}/home/loop", 400, "followed", id="circle of links"),
        pytest.param(
            "{0}/home/" + "x" * 300, 403, "File name too long", id="long name"
        ),
        pytest.param("{0}/home/a\0b", 400, "followed", id="NUL"),
        pytest.param("{0}/home/\ud800", 400, "followed", id="no text"),
        pytest.param("home/runs", 400, "not an absolute path", id="relative"),
        pytest.param("", 400, "not an absolute path", id="empty"),
    ],
)
async def test_other_directories_are_refused_in_a_sentence(
    notebook: Notebook, storage: Path, path: str, status: int, word: str
) -> None:
    (storage / "home/file").write_text("")
    (storage / "home/loop").symlink_to(storage / "home/loop")
    async with notebook.client() as browser:
        body = {"logdir": path.replace("{0}", str(storage))}
        answer = await browser.post(API, content=json.dumps(body))
    assert answer.status_code == status
    told = answer.json()
    assert word in told["message"]
    assert told["message"].endswith(".")
    assert told["fields"] == {"logdir": told["message"]}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"{}",
        b'{"logdir": 1}',
        b'{"logdir": "/global", "port": 1}',
        b'{"logdir": "/global", "logdirs": {}}',
        b'{"paths": []}',
        b'{"paths": "home"}',
        b"[" * 100_000,
    ],
)
async def test_other_bodies_are_refused_in_a_sentence(
    notebook: Notebook, body: bytes
) -> None:
    async with notebook.client() as browser:
        answer = await browser.post(API, content=body)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Say what to show: ")


@pytest.mark.parametrize("name", ["", "a/b", ".", "..", ".a", "a\nb", "x" * 101])
def test_names_that_no_run_can_have_are_refused(
    allowed: AllowedRoots, storage: Path, name: str
) -> None:
    body = {"logdirs": {name: str(storage / "home")}}
    refused = refusal(body, allowed, storage)
    assert refused.status == 400
    assert list(refused.fields) == [f"logdirs.{name}"]


def test_a_comparison_names_the_directory_that_is_wrong(
    allowed: AllowedRoots, storage: Path
) -> None:
    named = {"good": str(storage / "home"), "bad": "/etc"}
    assert list(refusal({"logdirs": named}, allowed, storage).fields) == ["logdirs.bad"]
    unread = {"logdirs": {"good": 1}}
    assert list(refusal(unread, allowed, storage).fields) == ["logdirs.good"]


def test_too_many_directories_are_refused(allowed: AllowedRoots, storage: Path) -> None:
    for count in (0, 21):
        named = {str(n): str(storage / "home") for n in range(count)}
        assert "cannot be compared" in str(
            refusal({"logdirs": named}, allowed, storage)
        )


def test_paths_of_the_file_browser_are_in_its_directory(
    allowed: AllowedRoots, storage: Path
) -> None:
    (storage / "home/runs").mkdir()
    one = read_selection({"paths": ["home/runs"]}, allowed, storage)
    assert one.runs == (("", storage / "home/runs"),)
    assert refusal({"paths": [""]}, allowed, storage).status == 403


def test_directories_of_the_file_browser_are_named_apart(
    allowed: AllowedRoots, storage: Path
) -> None:
    for name in ("a/logs", "b/logs", "c"):
        (storage / "home" / name).mkdir(parents=True)
    both = read_selection({"paths": ["home/a/logs", "home/b/logs"]}, allowed, storage)
    assert [name for name, _ in both.runs] == ["a · logs", "b · logs"]
    plain = read_selection({"paths": ["home/c", "home/a"]}, allowed, storage)
    assert [name for name, _ in plain.runs] == ["a", "c"]


def test_places_are_those_of_the_servers_own_project(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", "/home/jovyan")
    roots = [Path("/home/jovyan"), Path("/projects/vision"), Path("/global")]
    assert list(AllowedRoots.of_project("vision").roots) == roots
    assert list(AllowedRoots.of_project("").roots) == [roots[0], roots[2]]
