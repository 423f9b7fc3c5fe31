"""Addresses of remotes, the identity of git, and examples."""

import json
import os
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from jupyter_server.extension.config import ExtensionConfigManager

from mofang_files.errors import AbsentError
from mofang_files.examples import copy_example, list_examples
from mofang_files.git_identity import set_identity
from mofang_files.links import https_address
from support.platform import REPOSITORY


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("https://github.com/a/b.git", "https://github.com/a/b.git"),
        ("https://ada:token@git.example.org:8443/a", "https://git.example.org:8443/a"),
        ("git@github.com:a/b.git", "https://github.com/a/b.git"),
        ("ssh://git@github.com/a/b", "https://github.com/a/b"),
        ("ssh://git@github.com:22/a/b", "https://github.com/a/b"),
        ("http://github.com/a/b", ""),
        ("/projects/vision/bare.git", ""),
        ("file:///x", ""),
        ("https://[x", ""),
        ("", ""),
    ],
)
def test_a_remote_is_reached_by_https(remote, address):
    assert https_address(remote) == address


def names_in(folder):
    return [each.name for each in Path(folder).iterdir()]


def configured(environment, name, folder):
    answer = subprocess.run(
        ["git", "config", "--get", name],
        env={**environment, "PATH": os.environ["PATH"]},
        cwd=folder,
        capture_output=True,
        check=False,
    )
    return answer.stdout.decode().strip()


@pytest.fixture
def own(tmp_path):
    """Variables of a server of Ada's."""
    home = tmp_path / "home"
    home.mkdir()
    url = "https://mofang.example.org/hub/"
    return {
        "HOME": str(home),
        "JUPYTERHUB_USER": "ada",
        "JUPYTERHUB_PUBLIC_HUB_URL": url,
    }


def test_git_has_the_name_of_the_hubs_user(own, tmp_path):
    set_identity(own, tmp_path / "runtime")

    assert configured(own, "user.name", tmp_path) == "ada"
    assert configured(own, "user.email", tmp_path) == "ada@mofang.example.org"
    assert names_in(own["HOME"]) == []


def test_a_name_of_ones_own_wins(own, tmp_path):
    set_identity(own, tmp_path / "runtime")
    (tmp_path / "home" / ".gitconfig").write_text("[user]\n\tname = Ada Lovelace\n")

    assert configured(own, "user.name", tmp_path) == "Ada Lovelace"


@pytest.mark.parametrize("user", ["", 'a"\n[core]\n\tpager = x', "a\\b"])
def test_a_name_that_would_be_configuration_is_none(own, tmp_path, user):
    own["JUPYTERHUB_USER"] = user

    set_identity(own, tmp_path / "runtime")

    assert "GIT_CONFIG_SYSTEM" not in own


def test_an_address_is_a_name_and_an_address(own, tmp_path):
    own["JUPYTERHUB_USER"] = "ada@example.org"

    set_identity(own, tmp_path / "runtime")

    assert configured(own, "user.email", tmp_path) == "ada@example.org"


# -- examples

SHIPPED = REPOSITORY / "images" / "examples"


def test_the_examples_of_the_images_have_a_title_and_a_description():
    found = {each.name: each for each in list_examples(SHIPPED)}

    assert found["pytorch"].title == "PyTorch, data parallel"
    assert found["pytorch"].description.startswith("Each process has a copy")
    assert all(
        each.description and "`" not in each.description for each in found.values()
    )
    assert set(found) >= {"single", "xgboost", "ray"}


def test_those_of_the_environment_are_shown():
    names = [each.name for each in list_examples(SHIPPED, ("pytorch", "single"))]

    assert names == ["pytorch", "single"]


def test_an_image_without_examples_has_none(tmp_path):
    assert list_examples(tmp_path / "none") == []


def test_an_example_is_copied_once_and_stays_as_it_was_left(tmp_path):
    first = copy_example("single", tmp_path, SHIPPED)
    (first.directory / "train.py").write_text("mine")

    second = copy_example("single", tmp_path, SHIPPED)

    assert (first.was_there, second.was_there) == (False, True)
    assert first.opens == tmp_path / "examples" / "single" / "train.ipynb"
    assert (second.directory / "train.py").read_text() == "mine"
    assert names_in(tmp_path / "examples") == ["single"]


def test_an_example_without_a_notebook_opens_with_its_description(tmp_path):
    assert copy_example("ray", tmp_path, SHIPPED).opens.name == "README.md"


@pytest.mark.parametrize("name", ["..", "../examples/single", "gone", "", "README.md"])
def test_nothing_else_is_copied(tmp_path, name):
    with pytest.raises(AbsentError):
        copy_example(name, tmp_path, SHIPPED)
    assert names_in(tmp_path) == []


def test_two_tabs_make_one_copy(tmp_path):
    copied = []
    work = lambda: copied.append(copy_example("single", tmp_path, SHIPPED))  # noqa: E731
    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert len(copied) == 4
    assert names_in(tmp_path / "examples") == ["single"]


def test_handlers_of_others_that_nothing_here_needs_are_off(tmp_path):
    """Those of nbgitpuller clone by a GET request; nbdime's take 0.7 s of a start."""
    folder = tmp_path / "jupyter_server_config.d"
    own = REPOSITORY / "extensions/files/etc/jupyter/jupyter_server_config.d"
    shutil.copytree(own, folder)
    for name in ("nbdime", "nbgitpuller"):
        enabled = {"ServerApp": {"jpserver_extensions": {name: True}}}
        (folder / f"{name}.json").write_text(json.dumps(enabled))

    manager = ExtensionConfigManager(read_config_path=[str(tmp_path)])

    extensions = manager.get_jpserver_extensions()
    off = {"nbdime": False, "nbgitpuller": False}
    assert extensions == {"mofang_files": True, **off}
