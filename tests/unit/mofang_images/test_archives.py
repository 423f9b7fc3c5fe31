import json
import tarfile

import pytest

from mofang_images.archives import (
    described_by,
    is_complete,
    read_archive,
    stacked,
    write_archive,
)
from mofang_images.errors import SourceError

from .conftest import blob_name, digest, write_image, write_tar


def read(archive):
    with tarfile.open(archive) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}


REF = "docker.io/mofang/pytorch:1"


@pytest.fixture
def below(tmp_path):
    return read_archive(
        write_image(tmp_path / "below.tar", b"debian", b"torch", labels={"kept": "yes"})
    )


@pytest.fixture
def top(tmp_path):
    return read_archive(write_image(tmp_path / "top.tar", b"wheels"))


@pytest.fixture
def written(below, top, tmp_path):
    """Put our layer on an image; return the path of its archive."""
    target = tmp_path / "written.tar"
    content = stacked(below.content, top.content, {"title": "PyTorch"})
    write_archive(target, content, REF, [below, top])
    return target


def test_our_layer_comes_last(written):
    image = read_archive(written).content

    layers = (b"debian", b"torch", b"wheels")
    assert image.layers == [digest(each) for each in layers]
    assert image.diff_ids == [digest(b"raw " + each) for each in layers]
    assert len(image.config["history"]) == 3


def test_how_the_image_starts_is_as_it_was_below(written):
    assert read_archive(written).content.config["config"] == {
        "User": "1000:1000",
        "Labels": {"kept": "yes", "title": "PyTorch"},
    }


def test_every_blob_is_there_under_its_hash_and_none_is_spare(written):
    files = read(written)

    blobs = {name: blob for name, blob in files.items() if name.startswith("blobs/")}
    assert all(name == blob_name(digest(blob)) for name, blob in blobs.items())
    assert len(blobs) == len(["manifest", "configuration", "debian", "torch", "wheels"])
    assert "oci-layout" in files


def test_the_archive_names_the_image(written):
    (entry,) = json.loads(read(written)["index.json"])["manifests"]

    assert set(entry["annotations"].values()) == {REF}


def test_a_layer_that_two_archives_hold_is_written_once(below, tmp_path):
    same = read_archive(write_image(tmp_path / "same.tar", b"torch"))
    target = tmp_path / "written.tar"

    write_archive(target, stacked(below.content, same.content, {}), REF, [below, same])

    with tarfile.open(target) as tar:
        names = tar.getnames()
    assert len(names) == len(set(names))


def test_what_readers_have_already_is_left_out(below, top, tmp_path):
    target = tmp_path / "thin.tar"
    content = stacked(below.content, top.content, {})
    write_archive(target, content, REF, [below, top], without=below.content.layers)

    thin = read_archive(target)
    assert thin.present == {digest(b"wheels")}
    assert thin.content.layers == content.layers
    assert not is_complete([thin])
    assert is_complete([below, thin])


def test_a_layer_that_is_nowhere_is_named(below, top, tmp_path):
    content = stacked(below.content, top.content, {})

    with pytest.raises(SourceError, match=digest(b"wheels")):
        write_archive(tmp_path / "broken.tar", content, REF, [below])


def test_an_archive_of_another_form_is_refused_with_a_reason(tmp_path):
    archive = write_tar(tmp_path / "old.tar", {"manifest.json": b"[]"})

    with pytest.raises(SourceError, match=r"no index\.json.*docker.*25"):
        read_archive(archive)


def test_an_archive_of_several_images_is_refused(tmp_path):
    index = {"manifests": [{"digest": "sha256:1"}, {"digest": "sha256:2"}]}
    files = {"index.json": json.dumps(index).encode()}

    with pytest.raises(SourceError, match="holds 2 images"):
        read_archive(write_tar(tmp_path / "two.tar", files))


def test_a_layer_is_called_as_its_archive_calls_it(below, tmp_path):
    """Whoever left a layer out of an image's archive knows it by no other name."""
    again = read_archive(write_image(tmp_path / "again.tar", b"debian", b"torch"))
    for layer in again.content.manifest["layers"][:1]:
        layer["digest"], layer["size"] = again.content.diff_ids[0], 0
    assert again.content.layers != below.content.layers

    assert described_by(again.content, [below]).layers == below.content.layers
    assert described_by(again.content, []).layers == again.content.layers
