"""An optional image is built, listed and pushed only where it is named."""

from mofang_images.cli import IMAGES
from mofang_images.sources import default_names, read_sources, with_needed


def test_ceph_is_left_out_where_no_image_is_named() -> None:
    sources = read_sources(IMAGES)

    assert sources["ceph"].optional
    assert set(default_names(sources)) == set(sources) - {"ceph"}


def test_ceph_stands_on_debian_alone() -> None:
    assert list(with_needed(read_sources(IMAGES), ["ceph"])) == ["ceph"]
