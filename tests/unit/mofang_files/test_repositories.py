"""Clones of what links name, by real git and nbgitpuller, with a hub on loopback."""

import asyncio
import os

import pytest
from traitlets.config import Config
from unit.mofang_files.conftest import API
from unit.mofang_files.linked import commit, git, make_upstream, running_hub
from unit.mofang_training.notebook import HUB_TOKEN, running_notebook

from mofang_files.repositories import InTheWayError, Repositories

WAIT_SECONDS = 60


@pytest.fixture(autouse=True)
def no_configuration(monkeypatch, tmp_path):
    """Neither this machine's configuration of git nor that of whoever runs the test."""
    (tmp_path / "user").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)


@pytest.fixture
def upstream(tmp_path):
    return make_upstream(tmp_path / "elsewhere" / "course")


@pytest.fixture
async def hub(monkeypatch):
    async with running_hub(monkeypatch) as told:
        yield told


@pytest.fixture
async def server(monkeypatch, tmp_path, hub):
    """A notebook's server whose files begin above the home."""
    home = tmp_path / "root" / "home"
    config = Config(
        {"FilesExtension": {"home": str(home), "project": "", "git_protocols": "file"}}
    )
    async with running_notebook(
        monkeypatch, tmp_path, "mofang_files", config=config
    ) as notebook:
        home.mkdir()
        notebook.home = home
        yield notebook


async def begin(http, upstream, **body):
    sent = {"repository": f"file://{upstream}", "branch": "", "path": "", **body}
    return await http.post(f"{API}/repositories", json=sent)


async def clone(http, upstream, **body):
    """Clone, and wait for the end."""
    answer = await begin(http, upstream, **body)
    assert answer.status_code == 202, answer.text
    task = answer.json()
    query = {"path": body.get("path", "")}
    async with asyncio.timeout(WAIT_SECONDS):
        while task["state"] == "running":
            await asyncio.sleep(0.05)
            found = await http.get(f"{API}/repositories/{task['id']}", params=query)
            task = found.json()
    return task


def staged(server):
    folder = server.home / ".mofang" / "clones"
    return list(folder.iterdir()) if folder.exists() else []


async def test_what_was_agreed_to_is_cloned_and_opened(server, hub, upstream):
    async with server.client() as http:
        task = await clone(http, upstream, path="a.ipynb")

    assert task["state"] == "done", task
    assert (task["opens"], task["is_missing"]) == ("home/course/a.ipynb", False)
    assert (server.home / "course" / "b.py").read_text() == "one\ntwo\nthree\n"
    assert staged(server) == []
    asked = {"repository": f"file://{upstream}", "branch": "", "path": "a.ipynb"}
    assert hub.asked == [(f"token {HUB_TOKEN}", asked)]


async def test_a_link_alone_clones_nothing(server, hub, upstream):
    hub.answer["confirmed"] = False

    async with server.client() as http:
        answer = await begin(http, upstream)
        truthy = await begin(http, upstream, confirmed="yes")
        assert not (server.home / "course").exists()
        agreed = await clone(http, upstream, confirmed=True)

    question = {"state": "asks", "host": "github.com", "directory": "course"}
    assert answer.json() == truthy.json() == question
    assert agreed["state"] == "done"


async def test_what_the_hub_refuses_is_not_cloned_even_if_asked_for(
    server, hub, upstream
):
    hub.status, hub.answer = 422, {"message": "This host is not allowed."}

    async with server.client() as http:
        answer = await begin(http, upstream, confirmed=True)

    assert answer.status_code == 422
    message = "Nothing was cloned. This host is not allowed."
    assert answer.json()["message"] == message
    assert list(server.home.iterdir()) == []


async def test_pages_of_other_sites_clone_nothing(server, upstream):
    async with server.client(token=None) as http:
        assert (await begin(http, upstream)).status_code in {401, 403}


async def test_an_update_keeps_what_was_changed_and_says_so(server, hub, upstream):
    async with server.client() as http:
        await clone(http, upstream)
        mine = server.home / "course"
        (mine / "b.py").write_text("mine\ntwo\nthree\n")
        (mine / "new.txt").write_text("mine")
        (mine / "a.ipynb").unlink()
        commit(upstream, **{"b.py": "theirs\ntwo\nthree\n", "new.txt": "theirs"})
        task = await clone(http, upstream)

    assert (task["state"], task["is_update"]) == ("done", True), task
    assert (mine / "b.py").read_text() == "mine\ntwo\nthree\n"
    assert (mine / "new.txt").read_text() == "theirs"
    assert (mine / "a.ipynb").read_text() == "{}"
    [renamed] = task["renamed"]
    assert (mine / renamed).read_text() == "mine"


async def test_a_commit_of_ones_own_is_merged(server, upstream):
    async with server.client() as http:
        await clone(http, upstream)
        mine = server.home / "course"
        commit(mine, **{"own.py": "own"})
        commit(upstream, **{"c.py": "three"})
        task = await clone(http, upstream)

    assert task["state"] == "done", task
    assert (mine / "own.py").exists()
    assert (mine / "c.py").exists()


async def test_a_branch_is_taken_and_one_that_is_not_there_is_named(server, upstream):
    git(upstream, "branch", "draft")
    async with server.client() as http:
        lost = await clone(http, upstream, branch="lost")
        nothing = list((server.home).glob("course"))
        task = await clone(http, upstream, branch="draft")

    assert lost["state"] == "failed"
    assert lost["message"].endswith("has no branch lost.")
    assert nothing == []
    assert task["state"] == "done"
    assert git(server.home / "course", "branch", "--show-current") == "draft"


async def test_what_is_in_the_way_stays_as_it_is(server, upstream):
    file = server.home / "course"
    file.write_text("mine")
    async with server.client() as http:
        answer = await begin(http, upstream)
        file.unlink()
        file.mkdir()
        (file / "x").write_text("mine")
        folder = await begin(http, upstream)
        git(file, "init", "--quiet")
        git(file, "remote", "add", "origin", "https://github.com/a/other")
        other = await begin(http, upstream)

    for each in (answer, folder, other):
        assert each.status_code == 409
        assert "is no clone of this repository. Rename it" in each.json()["message"]
    assert (file / "x").read_text() == "mine"


async def test_a_clone_on_another_branch_is_not_switched(server, upstream):
    git(upstream, "branch", "draft")
    async with server.client() as http:
        await clone(http, upstream)
        answer = await begin(http, upstream, branch="draft")

    assert answer.status_code == 409
    assert "~/course is on main, and the link is for draft" in answer.json()["message"]


async def test_what_is_not_there_is_a_sentence_and_leaves_nothing(server, tmp_path):
    async with server.client() as http:
        task = await clone(http, tmp_path / "gone")

    assert task["state"] == "failed"
    assert "does not answer, does not exist or asks for a log-in" in task["message"]
    assert not (server.home / "course").exists()
    assert staged(server) == []


async def test_only_https_is_used_unless_it_is_configured(server, upstream):
    repositories = Repositories(server.home)
    task = await repositories.start(f"file://{upstream}", "", "course")
    await repositories._running[task.id]

    assert task.state == "failed"
    assert not (server.home / "course").exists()


@pytest.mark.parametrize("name", ["", "..", ".ssh", "-x", "a/b", "a b"])
async def test_the_name_of_a_clone_is_checked_here_too(server, hub, upstream, name):
    hub.answer["directory"] = name
    async with server.client() as http:
        answer = await begin(http, upstream)

    assert answer.status_code == 400
    assert list(server.home.iterdir()) == []


async def test_two_tabs_share_a_clone(server, upstream):
    async with server.client() as http:
        first, second = await asyncio.gather(
            clone(http, upstream), clone(http, upstream)
        )

    assert {first["state"], second["state"]} == {"done"}
    assert staged(server) == []


async def test_another_repository_of_that_name_does_not_join(server, upstream):
    repositories = Repositories(server.home, "file")
    first, other = f"file://{upstream}", f"file://{upstream}/other/course"

    task = await repositories.start(first, "", "course")
    with pytest.raises(InTheWayError, match="Another repository is being cloned"):
        await repositories.start(other, "", "course")
    await repositories._running[task.id]

    assert task.state == "done"


async def test_a_server_that_stops_leaves_no_half_of_a_clone(server, upstream):
    async with server.client() as http:
        await begin(http, upstream)
        await server.app.web_app.settings["mofang_files_links"].repositories.stop()

    assert staged(server) == []
    course = server.home / "course"
    assert not course.exists() or (course / "b.py").exists()


async def test_what_the_link_names_may_not_be_in_it(server, upstream):
    async with server.client() as http:
        task = await clone(http, upstream, path="gone.ipynb")

    assert (task["is_missing"], task["opens"]) == (True, "home/course")


async def test_a_clone_of_before_a_restart_is_not_known(server):
    async with server.client() as http:
        answer = await http.get(f"{API}/repositories/0123abcd")

    assert answer.status_code == 404
    assert "the server was restarted" in answer.json()["message"]


# -- links to one's own files


async def link(server, path):
    async with server.client() as http:
        answer = await http.get(f"{API}/link", params={"path": path})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def chosen(monkeypatch):
    monkeypatch.setenv("MOFANG_PROJECT", "vision")
    monkeypatch.setenv("MOFANG_ENVIRONMENT", "pytorch")
    return {"project": "vision", "environment": "pytorch"}


async def test_a_link_to_a_file_of_the_home_says_that_others_lack_it(server, chosen):
    (server.home / "a.ipynb").write_text("{}")

    found = await link(server, "home/a.ipynb")

    assert found["arguments"] == {**chosen, "path": "home/a.ipynb"}
    assert found["note"].startswith("The file is in your home, where others have none")


async def test_a_link_to_a_file_of_a_clone_names_its_repository(
    server, chosen, upstream
):
    mine = server.home / "course"
    git(server.home, "clone", "--quiet", f"file://{upstream}", "course")
    git(mine, "remote", "set-url", "origin", "https://ada:secret@github.com/a/course")

    found = await link(server, "home/course/b.py")
    (mine / "b.py").write_text("changed")
    changed = await link(server, "home/course/b.py")
    (mine / "own.py").write_text("own")
    own = await link(server, "home/course/own.py")
    git(mine, "commit", "--quiet", "--all", "--message=mine")
    unpushed = await link(server, "home/course/b.py")

    assert found["arguments"] == {
        **chosen,
        "repository": "https://github.com/a/course",
        "branch": "main",
        "path": "b.py",
    }
    assert found["note"] == ""
    assert "changed in the file since its last commit" in changed["note"]
    assert "not committed" in own["note"]
    assert "not pushed" in unpushed["note"]
    assert "secret" not in str([found, changed, own, unpushed])
