"""Labels and annotations are called everywhere as ``mofang_kube.names`` calls them."""

import re
import subprocess
from pathlib import Path

import pytest

from mofang_kube import names
from mofang_local import nodes

REPOSITORY = Path(__file__).parents[2]
KINDS = ("_LABEL", "_ANNOTATION", "_FINALIZER", "_GATE")
KNOWN = {value for name, value in vars(names).items() if name.endswith(KINDS)} | {
    names.API_VERSION,
    nodes.FAKE_GPU_LABEL,
}
OWN_OF_TESTS = re.compile(r"mofang\.dev/(fake|gang-trial|gang-tests|test|local)")


def tracked(*patterns: str) -> list[Path]:
    command = ["git", "ls-files", "-z", "--", *patterns]
    listed = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True)
    return [REPOSITORY / each for each in listed.stdout.decode().split("\0") if each]


def mentioned(path: Path) -> set[str]:
    text = path.read_text(encoding="utf-8")
    found = set(re.findall(r"\bmofang\.dev/[a-z0-9][a-z0-9-]*[a-z0-9]", text))
    return {each for each in found if not OWN_OF_TESTS.match(each)}


@pytest.mark.parametrize("folder", ["helm", "docs", "extensions", "images", "tests"])
def test_every_label_is_one_of_the_platforms(folder: str) -> None:
    kinds = ("yaml", "tpl", "txt", "md", "py", "ts", "tsx", "json")
    paths = tracked(*(f"{folder}/**.{kind}" for kind in kinds))
    assert paths

    unknown = {path: mentioned(path) - KNOWN for path in paths}

    assert not {path: found for path, found in unknown.items() if found}


def test_the_control_plane_takes_them_from_there() -> None:
    """No module but ``mofang_kube.names`` has a label as a text of its own."""
    literal = re.compile(r"\"mofang\.dev/[a-z]")
    own = Path(names.__file__)
    paths = [path for path in tracked("hub/**.py", "spawner/**.py") if path != own]
    assert paths

    assert not [path for path in paths if literal.search(path.read_text())]


def test_the_local_cluster_labels_nodes_as_placement_reads_them() -> None:
    assert nodes.NODE_TYPE_LABEL == names.NODE_TYPE_LABEL
