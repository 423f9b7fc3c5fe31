"""What links may name, and what is refused of them."""

import pytest

from mofang_hub.pages.linked_content import LinkedContent
from mofang_kube.errors import InvalidError

HOSTS = {"github.com", "git.example.org:8443"}
REPOSITORY = "https://github.com/jupyter/notebook"


def check(repository="", branch="", path="", hosts=HOSTS):
    return LinkedContent.check(repository, branch, path, hosts)


@pytest.mark.parametrize(
    ("address", "directory"),
    [
        (REPOSITORY, "notebook"),
        (f"{REPOSITORY}.git", "notebook"),
        (f"{REPOSITORY}/", "notebook"),
        ("https://GitHub.com/a/b.c", "b.c"),
        ("https://github.com/~a/b_c-d", "b_c-d"),
        ("https://git.example.org:8443/one", "one"),
    ],
)
def test_repositories_on_allowed_hosts_are_cloned_into_their_name(address, directory):
    assert check(address).directory == directory


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("http://github.com/a/b", id="not encrypted"),
        pytest.param("ssh://git@github.com/a/b", id="SSH"),
        pytest.param("git@github.com:a/b", id="SSH, the short form"),
        pytest.param("file:///etc", id="a file"),
        pytest.param("ext::sh -c touch%20/tmp/x", id="a program"),
        pytest.param("--upload-pack=touch /tmp/x", id="an option"),
        pytest.param("https://github.com", id="no repository"),
        pytest.param("https://github.com/", id="a slash"),
        pytest.param("https://evil.example/a/b", id="another host"),
        pytest.param("https://github.com.evil.example/a", id="the host as a prefix"),
        pytest.param("https://github.com@evil.example/a", id="the host as a user"),
        pytest.param("https://token@github.com/a/b", id="a credential"),
        pytest.param("https://github.com:444/a/b", id="another port"),
        pytest.param("https://github.com/a/..", id="the directory above"),
        pytest.param("https://github.com/../b", id="above the host"),
        pytest.param("https://github.com/a/.ssh", id="a hidden directory"),
        pytest.param("https://github.com/a/.git", id="no name but a suffix"),
        pytest.param("https://github.com/a/-b", id="a directory like an option"),
        pytest.param("https://github.com/a//b", id="an empty part"),
        pytest.param("https://github.com/a/b?c", id="a query"),
        pytest.param("https://github.com/a/b#c", id="a fragment"),
        pytest.param("https://github.com/a/%2e%2e", id="an escape"),
        pytest.param("https://github.com/a/b\\c", id="a backslash"),
        pytest.param("https://github.com/a/b c", id="a space"),
        pytest.param("https://github.com/a/b\n", id="a line's end"),
        pytest.param("https://[github.com/a/b", id="a broken address"),
        pytest.param("https://github.com/" + "a" * 500, id="too long"),
    ],
)
def test_what_is_no_repository_of_an_allowed_host_is_refused(address):
    with pytest.raises(InvalidError) as refused:
        check(address)
    assert refused.value.message.endswith(".")
    assert "evil" not in refused.value.message


def test_without_hosts_nothing_is_cloned():
    with pytest.raises(InvalidError, match="Allowed hosts: none"):
        check(REPOSITORY, hosts=())


@pytest.mark.parametrize("branch", ["main", "v1.2", "feature/a-b_c", "7"])
def test_names_of_branches_go_through(branch):
    assert check(REPOSITORY, branch).branch == branch


@pytest.mark.parametrize(
    "branch",
    ["-x", "a..b", "a b", "a~1", "a:b", "a\\b", "a.lock", "a/", "/a", "a//b", "a.",
     "a/.b", "@{u}", "a\n", "a" * 201],
)  # fmt: skip
def test_what_is_no_branch_is_refused(branch):
    with pytest.raises(InvalidError, match="not a name that git allows"):
        check(REPOSITORY, branch)


def test_a_branch_of_nothing_is_refused():
    with pytest.raises(InvalidError, match="needs the repository"):
        check(branch="main")


@pytest.mark.parametrize("path", ["a.ipynb", "a/b c/ä.ipynb", "projects/vision/x.py"])
def test_paths_below_a_directory_go_through(path):
    assert check(path=path).path == path
    assert check(REPOSITORY, path=path).path == path


@pytest.mark.parametrize(
    "path",
    ["/a", "../a", "a/../b", "a//b", "a/", ".", "a\\b", "a\nb", "a\u202eb", "a" * 501],
)
def test_other_paths_are_refused(path):
    with pytest.raises(InvalidError, match="not one below a directory"):
        check(path=path)


def test_what_is_opened_is_an_address_of_jupyterlab():
    file = check(path="home/jovyan/a b/ü?.ipynb")
    clone = check(REPOSITORY, "main", "a&b.ipynb")

    assert file.lab_path() == "lab/tree/home/jovyan/a%20b/%C3%BC%3F.ipynb"
    assert file.shown_path == "~/a b/ü?.ipynb"
    assert clone.lab_path() == (
        "lab?mofang-repository=https%3A%2F%2Fgithub.com%2Fjupyter%2Fnotebook"
        "&mofang-branch=main&mofang-path=a%26b.ipynb"
    )
    assert not check()
