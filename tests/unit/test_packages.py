"""What the client's three packages import, beside the contracts of import-linter."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

import mofang_api
import mofang_run

OLDEST_PYTHON = (3, 8)
"""Of the images that ``mofang_run`` is copied into."""

KERNELS = "jupyter_client"
"""``mofang_run.job.notebook`` asks it where papermill brings it along."""


def sources(package) -> Iterator[tuple[Path, str]]:
    for path in sorted(Path(package.__file__).parent.rglob("*.py")):
        yield path, path.read_text(encoding="utf-8")


def imported(package) -> set[str]:
    """Return the top-level packages that its modules import, be it in a function."""
    found = set()
    for _, source in sources(package):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add((node.module or "").partition(".")[0])
    return found - sys.stdlib_module_names - {package.__name__}


def test_the_contracts_need_pydantic_alone():
    assert imported(mofang_api) == {"pydantic"}


def test_what_runs_in_containers_needs_the_standard_library_alone():
    assert imported(mofang_run) == {KERNELS}


def test_what_runs_in_containers_is_written_for_old_pythons():
    for path, source in sources(mofang_run):
        ast.parse(source, str(path), feature_version=OLDEST_PYTHON)


@pytest.mark.parametrize("name", ["mofang", "mofang_api", "mofang_run"])
def test_no_package_imports_what_imports_it(name):
    """A module belongs to the folder that it is in; so do those of the top folder."""
    graph = grimp.build_graph(name, cache_dir=None)

    def folder(module: str) -> str:
        is_package = bool(graph.find_children(module))
        return module if is_package else module.rpartition(".")[0]

    imports: dict[str, set[str]] = {}
    for module in graph.modules:
        for other in graph.find_modules_directly_imported_by(module):
            if folder(module) != folder(other):
                imports.setdefault(folder(module), set()).add(folder(other))

    def reached(start: str) -> set[str]:
        found: set[str] = set()
        left = [start]
        while left:
            new = imports.get(left.pop(), set()) - found
            found |= new
            left += new
        return found

    assert imports
    assert [each for each in imports if each in reached(each)] == []
