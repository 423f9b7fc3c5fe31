"""Which images a node is given, and which it loses."""

import json
import sys
from pathlib import Path

import pytest

from mofang_local import loading
from mofang_local.images import REPOSITORY, Image
from mofang_local.local_paths import LocalPaths
from mofang_local.network import GPU_NODE


@pytest.fixture
def paths(tmp_path: Path) -> LocalPaths:
    made = LocalPaths(repository=tmp_path, cache=tmp_path / "c", state=tmp_path / "s")
    (made.state / GPU_NODE.name).mkdir(parents=True)
    return made


CTR = f"""#!{sys.executable}
import json, pathlib, sys
path = pathlib.Path(__file__).with_name("images.json")
present = json.loads(path.read_text())
match sys.argv[sys.argv.index("k8s.io") + 1 :]:
    case ["images", "list"]:
        print("REF TYPE DIGEST SIZE")
        for name, digest in present.items():
            print(name, "type", digest, "1 MiB")
    case ["images", "import", archive]:
        name = pathlib.Path(archive).stem
        present[f"{REPOSITORY}/{{name}}"] = present[f"sha256:{{name}}"] = name
    case ["images", "remove", *old]:
        for each in old:
            del present[each]
path.write_text(json.dumps(present))
"""
"""Keeps images in a file beside it, as containerd would."""


@pytest.fixture
def node(paths: LocalPaths) -> Path:
    """Digest by name, in a file; what others brought is there from the beginning."""
    paths.programs.mkdir(parents=True)
    (paths.programs / "ctr").write_text(CTR)
    (paths.programs / "ctr").chmod(0o755)
    present = {
        "docker.io/library/other:1": "other",
        f"{REPOSITORY}/base:stray": "stray",
        "sha256:stray": "stray",
    }
    images = paths.programs / "images.json"
    images.write_text(json.dumps(present))
    return images


def image(tag: str, below: str = "base-layers:1") -> dict[str, Image]:
    part = _one(below)
    whole = _one(f"base:{tag}")
    return {
        "base": Image(
            reference=whole[0],
            archive=whole[1],
            below=(Image(reference=part[0], archive=part[1]),),
        )
    }


def _one(name: str) -> tuple[str, Path]:
    return f"{REPOSITORY}/{name}", Path(f"{name}.tar")


def ours(node: Path) -> set[str]:
    present = json.loads(node.read_text())
    named = {
        each.removeprefix(f"{REPOSITORY}/") for each in present if "mofang" in each
    }
    by_digest = {each for each in present if "sha256" in each}
    assert by_digest == {f"sha256:{name}" for name in named}
    return named


def start(paths: LocalPaths, images: dict[str, Image]) -> None:
    loading.load(paths, GPU_NODE, images)
    loading.forget_old(paths, GPU_NODE, images)


def test_what_an_image_leaves_out_is_imported_first(paths, node):
    start(paths, image("1"))
    assert ours(node) == {"base-layers:1", "base:1"}
    assert "docker.io/library/other:1" in node.read_text(), "what others brought stays"


def test_images_of_the_start_before_stay_however_often_it_is_repeated(paths, node):
    start(paths, image("1"))
    for _ in range(3):
        start(paths, image("2", below="base-layers:2"))
    assert ours(node) == {"base-layers:1", "base:1", "base-layers:2", "base:2"}

    start(paths, image("3", below="base-layers:2"))
    assert ours(node) == {"base-layers:2", "base:2", "base:3"}
