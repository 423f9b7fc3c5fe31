"""The files that recipes for common changes name are there."""

import re
import subprocess

import pytest

from support import markdown

PAGE = markdown.PAGES / "contributors" / "changes.md"

_FILE = re.compile(r"[\w.*-]+\.(?:py|md|yaml|yml|tpl|ts|tsx|json|css|html|toml)")


def _tracked():
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(
        command, cwd=markdown.REPOSITORY, capture_output=True, text=True, check=True
    )
    return frozenset(done.stdout.split("\n"))


FILES = _tracked()
NAMES = frozenset(path.rpartition("/")[2] for path in FILES)
FOLDERS = frozenset(
    path[: end + 1] for path in FILES for end in range(len(path)) if path[end] == "/"
)


def named():
    """Yield what looks like a file or a folder, each once."""
    spans = markdown.code_spans(PAGE)
    spans = [part for span in spans for part in _expanded(span)]
    return sorted({each for each in spans if _is_path(each)})


def _expanded(span):
    """Return ``a/{b,c}`` as both."""
    braces = re.fullmatch(r"(.*)\{([\w,]+)\}(.*)", span)
    if not braces:
        return [span]
    return [braces[1] + each + braces[3] for each in braces[2].split(",")]


def _is_path(span):
    return bool(_FILE.fullmatch(span)) or (
        "/" in span and not span.startswith(("/", "http")) and span[-1] != ":"
    )


def is_there(path):
    """Say whether a file or folder exists; ``<name>`` stands for any."""
    pattern = re.sub(r"<[\w-]+>", "*", path)
    if pattern != path or "*" in pattern:
        return any(markdown.REPOSITORY.glob(pattern.rstrip("/")))
    if "/" not in path:
        return path in NAMES
    # Recipes name a folder below one that the same row names before.
    return (
        path in FILES
        or f"{path.rstrip('/')}/" in FOLDERS
        or any(folder.endswith(f"/{path}") for folder in FOLDERS)
    )


@pytest.mark.parametrize("path", named())
def test_what_a_recipe_names_is_there(path):
    assert is_there(path), path


def test_what_is_not_there_would_be_noticed():
    assert len(named()) > 40
    for path in ("nowhere.py", "hub/nowhere.py", "images/<name>/nowhere", "nowhere/"):
        assert not is_there(path), path


def test_commands_of_recipes_are_of_the_makefile():
    makefile = (markdown.REPOSITORY / "Makefile").read_text()
    wanted = set(re.findall(r"`make ([\w-]+)`", PAGE.read_text()))
    assert wanted >= {"lint", "rights", "wire", "client", "test-frontend", "docs"}
    for target in wanted:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
