import json
import tarfile

import pytest

from mofang_images.archives import read_archive, write_stacked
from mofang_images.errors import SourceError

from .conftest import blob_name, digest, write_image, write_tar


def read(archive):
    with tarfile.open(archive) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}


@pytest.fixture
def stacked(tmp_path):
    """Stack a layer of ours on an image; return the path of the result."""
    below = write_image(
        tmp_path / "below.tar", b"debian", b"torch", labels={"kept": "yes"}
    )
    top = write_image(tmp_path / "top.tar", b"wheels")
    target = tmp_path / "stacked.tar"
    write_stacked(
        read_archive(below),
        read_archive(top),
        target,
        ref="docker.io/mofang/pytorch:1",
        labels={"title": "PyTorch"},
    )
    return target


def test_our_layer_comes_last(stacked):
    image = read_archive(stacked)

    layers = [digest(each) for each in (b"debian", b"torch", b"wheels")]
    unpacked = [digest(b"raw " + each) for each in (b"debian", b"torch", b"wheels")]
    assert [layer["digest"] for layer in image.layers] == layers
    assert image.config["rootfs"]["diff_ids"] == unpacked
    assert len(image.config["history"]) == 3


def test_how_the_image_starts_is_as_it_was_below(stacked):
    settings = read_archive(stacked).config["config"]

    assert settings == {
        "User": "1000:1000",
        "Labels": {"kept": "yes", "title": "PyTorch"},
    }


def test_every_blob_is_there_under_its_hash_and_none_is_spare(stacked):
    image = read_archive(stacked)
    files = read(stacked)

    blobs = {name: blob for name, blob in files.items() if name.startswith("blobs/")}
    assert all(name == blob_name(digest(blob)) for name, blob in blobs.items())
    assert len(blobs) == len(image.layers) + len(["manifest", "configuration"])
    assert "oci-layout" in files


def test_the_archive_names_the_image(stacked):
    (entry,) = json.loads(read(stacked)["index.json"])["manifests"]

    assert set(entry["annotations"].values()) == {"docker.io/mofang/pytorch:1"}


def test_a_layer_that_both_have_is_written_once(tmp_path):
    below = write_image(tmp_path / "below.tar", b"same")
    top = write_image(tmp_path / "top.tar", b"same")
    target = tmp_path / "stacked.tar"

    write_stacked(read_archive(below), read_archive(top), target, ref="r", labels={})

    with tarfile.open(target) as tar:
        names = tar.getnames()
    assert len(names) == len(set(names))


def test_an_archive_of_another_form_is_refused_with_a_reason(tmp_path):
    archive = write_tar(tmp_path / "old.tar", {"manifest.json": b"[]"})

    with pytest.raises(SourceError, match=r"no index\.json.*docker.*25"):
        read_archive(archive)


def test_an_archive_of_several_images_is_refused(tmp_path):
    index = {"manifests": [{"digest": "sha256:1"}, {"digest": "sha256:2"}]}
    files = {"index.json": json.dumps(index).encode()}

    with pytest.raises(SourceError, match="holds 2 images"):
        read_archive(write_tar(tmp_path / "two.tar", files))
