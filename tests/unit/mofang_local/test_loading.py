"""Which images a node is given, and which it loses."""

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


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Digest by name; what others brought is there from the beginning."""
    present = {
        "docker.io/library/other:1": "other",
        f"{REPOSITORY}/base:stray": "stray",
        "sha256:stray": "stray",
    }

    def ctr(_paths: LocalPaths, _node: object, *arguments: str) -> str:
        match arguments:
            case ("images", "list"):
                lines = [
                    f"{name} type {digest} 1 MiB" for name, digest in present.items()
                ]
                return "\n".join(["REF TYPE DIGEST SIZE", *lines])
            case ("images", "import", archive):
                name = Path(archive).stem
                present[f"{REPOSITORY}/{name}"] = present[f"sha256:{name}"] = name
            case ("images", "remove", *old):
                for each in old:
                    del present[each]
        return ""

    monkeypatch.setattr(loading, "_ctr", ctr)
    return present


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


def ours(node: dict[str, str]) -> set[str]:
    named = {each.removeprefix(f"{REPOSITORY}/") for each in node if "mofang" in each}
    assert {each for each in node if "sha256" in each} == {f"sha256:{n}" for n in named}
    return named


def start(paths: LocalPaths, images: dict[str, Image]) -> None:
    loading.load(paths, GPU_NODE, images)
    loading.forget_old(paths, GPU_NODE, images)


def test_what_an_image_leaves_out_is_imported_first(paths, node):
    start(paths, image("1"))
    assert ours(node) == {"base-layers:1", "base:1"}
    assert "docker.io/library/other:1" in node, "what others brought stays"


def test_images_of_the_start_before_stay_however_often_it_is_repeated(paths, node):
    start(paths, image("1"))
    for _ in range(3):
        start(paths, image("2", below="base-layers:2"))
    assert ours(node) == {"base-layers:1", "base:1", "base-layers:2", "base:2"}

    start(paths, image("3", below="base-layers:2"))
    assert ours(node) == {"base-layers:2", "base:2", "base:3"}
