import json

import pytest

from mofang_images.archives import read_archive, stacked, write_archive
from mofang_images.errors import SourceError
from mofang_images.layouts import Stack, write_layout

from .conftest import digest, write_image


@pytest.fixture
def stack(tmp_path):
    """An image whose lower layers lie in another archive."""
    below = read_archive(write_image(tmp_path / "below.tar", b"debian", b"torch"))
    top = read_archive(write_image(tmp_path / "top.tar", b"wheels"))
    thin = tmp_path / "thin.tar"
    content = stacked(below.content, top.content, {})
    write_archive(thin, content, "r:1", [below, top], without=below.content.layers)
    return Stack(archive=thin, below=[below.path])


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "layout"
    path.mkdir()
    return path


def blob(folder, name):
    return (folder / "blobs" / name.replace(":", "/")).read_bytes()


def test_an_image_is_whole_in_a_layout(folder, stack):
    write_layout(folder, {"pytorch:1": stack})

    (entry,) = json.loads((folder / "index.json").read_text())["manifests"]
    assert entry["annotations"] == {"org.opencontainers.image.ref.name": "pytorch:1"}
    manifest = json.loads(blob(folder, entry["digest"]))
    assert [blob(folder, layer["digest"]) for layer in manifest["layers"]] == [
        b"debian",
        b"torch",
        b"wheels",
    ]
    assert digest(blob(folder, entry["digest"])) == entry["digest"]
    assert (
        digest(blob(folder, manifest["config"]["digest"]))
        == (manifest["config"]["digest"])
    )


def test_images_share_the_layers_they_have_in_common(folder, stack, tmp_path):
    hub = Stack(archive=write_image(tmp_path / "hub.tar", b"debian", b"hub"))

    write_layout(folder, {"hub:2": hub, "pytorch:1": stack})

    blobs = {each.read_bytes() for each in (folder / "blobs" / "sha256").iterdir()}
    assert {b"debian", b"torch", b"wheels", b"hub"} <= blobs
    assert len(blobs) == 4 + 2 * len(["manifest", "configuration"])


def test_an_image_without_what_is_below_it_is_refused(folder, stack):
    with pytest.raises(SourceError, match="in none of its archives"):
        write_layout(folder, {"pytorch:1": Stack(archive=stack.archive)})
