"""Tests replace nothing of ours behind its back: what differs is given as an argument.

What belongs to Python, JupyterHub or another library may be replaced: it has no seam
for us. A patch is found where it is written: by ``monkeypatch``, or ``unittest.mock``.

Not found is ``unit/mofang_run/containers.py``: replicas that run as plain processes of
one machine share its /tmp, so each is started with another place for its keys.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]
OURS = ("mofang", "unit", "support", "cluster", "e2e", "chart", "bench", "peers")

PATCHING = {
    "unit/mofang_training/test_packages.py: packages.PROGRAM": "Jupyter makes the "
    "handler; a setting of the server would let its user choose what runs",
    "unit/mofang_training/test_saving.py: packages.PROGRAM": "likewise",
    "unit/mofang_files/test_cleanup_races.py: item_paths._check": "what is "
    "renamed between the look at a path and its removal: there is no seam in between",
    "unit/mofang_files/test_cleanup_races.py: removal._open": "the same, in a tree",
    "unit/mofang_kube/test_deadline.py: loop": "asyncio's own",
    "unit/mofang_spawner/test_queued_start.py: loop": "asyncio's own",
    "unit/hub_pages/test_start_pages.py: settings": "JupyterHub's own",
    "unit/hub_pages/test_start_pages.py: type(hub.hub.users)": "JupyterHub's own",
}
"""Patches of what is not imported from a library, and why they are there."""


def patches(source: str) -> Iterator[str]:
    """Yield what a test module replaces that it does not import from a library."""
    tree = ast.parse(source)
    foreign = {name for name, module in imported(tree) if not module.startswith(OURS)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not is_patch(node.func):
            continue
        target, *rest = node.args
        if isinstance(target, ast.Constant):
            if target.value.startswith(OURS):
                yield target.value
        elif root(target) not in foreign:
            names_module = isinstance(target, ast.Name) and target.id in dict(
                imported(tree)
            )
            name = rest[0].value if names_module else ""
            yield f"{ast.unparse(target)}.{name}" if name else ast.unparse(target)


def is_patch(function: ast.expr) -> bool:
    match function:
        case ast.Attribute(attr="setattr" | "setitem" | "delattr" | "delitem"):
            return True
        case ast.Attribute(value=ast.Name(id="patch"), attr="object" | "dict"):
            return True
        case ast.Attribute(attr="patch", value=ast.Name(id="mock" | "mocker")):
            return True
        case ast.Name(id="patch"):
            return True
    return False


def imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield names that imports bind, with the module each is of."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                for each in names:
                    yield each.asname or each.name.partition(".")[0], each.name
            case ast.ImportFrom(module=str(module), names=names):
                for each in names:
                    yield each.asname or each.name, module


def root(target: ast.expr) -> str:
    """Return the name that an expression begins with; empty for a call."""
    while isinstance(target, ast.Attribute):
        target = target.value
    return target.id if isinstance(target, ast.Name) else ""


def test_nothing_of_ours_is_patched():
    found = {
        f"{path.relative_to(TESTS).as_posix()}: {name}"
        for path in TESTS.rglob("*.py")
        if path != Path(__file__)
        for name in patches(path.read_text())
    }

    assert found == PATCHING.keys()


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ('monkeypatch.setattr("mofang.debug.Client", 1)', "mofang.debug.Client"),
        ('monkeypatch.setattr(network, "NODES", 1)', "network.NODES"),
        ('monkeypatch.setattr(service, "connect", 1)', "service"),
        ('monkeypatch.setitem(network.NAMES, "a", 1)', "network.NAMES"),
        ('mock.patch("mofang.debug.Client")', "mofang.debug.Client"),
        ('patch.object(network, "NODES")', "network.NODES"),
    ],
)
def test_a_patch_of_ours_would_be_found(call, name):
    assert list(patches(f"from mofang_local import network\n{call}")) == [name]


@pytest.mark.parametrize(
    "call",
    [
        'monkeypatch.setattr(time, "sleep", 1)',
        'monkeypatch.setattr("os.execvp", 1)',
        'monkeypatch.setenv("MOFANG_URL", "")',
        "api.patch(url, json=body)",
    ],
)
def test_patches_of_others_pass(call):
    assert list(patches(f"import time\n{call}")) == []
