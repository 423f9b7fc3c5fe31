import pytest

from mofang_images.plan import plan_images
from mofang_images.sources import read_sources

PROJECTS = {"extensions/client": "1", "hub": "1"}


@pytest.fixture
def images(declare):
    declare("base", projects=("extensions/client",))
    declare("hub", projects=("extensions/client", "hub"))
    return declare("pytorch", parent="base")


@pytest.fixture
def tags(images):
    """Plan the images as they are now; return their tags by name."""

    def plan(projects=PROJECTS, root="debian-1"):
        planned = plan_images(
            read_sources(images), projects, images / "shared", root_identity=root
        )
        return {name: image.tag for name, image in planned.items()}

    return plan


def changed(before, after):
    return {name for name in before if before[name] != after[name]}


def test_the_same_files_give_the_same_tags(tags):
    assert tags() == tags()


def test_a_reference_is_what_a_pod_names(images):
    planned = plan_images(read_sources(images), PROJECTS, images / "shared", "root")

    image = planned["base"]
    assert image.ref == f"docker.io/mofang/base:{image.tag}"
    assert len(image.tag) == 16


def test_a_parent_renames_its_children_but_no_stranger(tags, images):
    before = tags()

    (images / "base" / "Dockerfile").write_text("# changed\n")

    assert changed(before, tags()) == {"base", "pytorch"}


def test_our_own_sources_rename_the_images_that_install_them(tags):
    assert changed(tags(), tags(PROJECTS | {"hub": "2"})) == {"hub"}


def test_another_debian_renames_every_image(tags):
    assert changed(tags(), tags(root="debian:12")) == {"base", "hub", "pytorch"}


def test_a_new_installer_renames_every_image(tags, images):
    before = tags()

    (images / "shared" / "uv.txt").write_text("uv==2\n")

    assert changed(before, tags()) == {"base", "hub", "pytorch"}


def test_a_higher_revision_renames_an_image(tags, images):
    before = tags()

    declaration = images / "hub" / "image.toml"
    declaration.write_text(declaration.read_text().replace("= 1", "= 2"))

    assert changed(before, tags()) == {"hub"}
