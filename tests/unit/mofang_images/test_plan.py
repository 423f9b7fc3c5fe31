import pytest

from mofang_images.plan import make_plan
from mofang_images.sources import read_sources

PROJECTS = {"extensions/client/mofang": "1", "hub": "1"}
ENVIRONMENTS = {"base", "pytorch"}
LAYERS = {"foundation-layers", "base-layers", "pytorch-layers"}


@pytest.fixture
def tags(images):
    """Plan the tree as it is now; return every tag by name."""

    def plan(projects=PROJECTS, root="debian-1"):
        made = make_plan(
            read_sources(images), projects, images / "shared", root_identity=root
        )
        tagged = [*made.images.values(), *made.recipes.values()]
        return {each.name: each.tag for each in tagged}

    return plan


def changed(before, after):
    return {name for name in before if before[name] != after[name]}


def test_the_same_files_give_the_same_tags(tags):
    assert tags() == tags()


def test_a_reference_is_what_a_pod_names(images):
    plan = make_plan(read_sources(images), PROJECTS, images / "shared", "root")

    image = plan.images["base"]
    assert image.ref == f"docker.io/mofang/base:{image.tag}"
    assert len(image.tag) == 16


def test_pods_run_environments_and_the_platform_but_no_parts(images):
    plan = make_plan(read_sources(images), PROJECTS, images / "shared", "root")

    assert set(plan.images) == ENVIRONMENTS | {"hub"}


def test_our_own_sources_rename_environments_but_nothing_below_them(tags):
    """What is below is large and slow to build; our sources change all day."""
    after = tags(PROJECTS | {"extensions/client/mofang": "2"})

    assert changed(tags(), after) == ENVIRONMENTS | {"ours-layers", "hub"}


def test_an_example_renames_environments_but_nothing_below_them(tags, images):
    before = tags()

    (images / "examples" / "single" / "README.md").write_text("Read this.\n")

    assert changed(before, tags()) == ENVIRONMENTS | {"ours-layers"}


def test_an_environments_own_files_rename_it_alone(tags, images):
    before = tags()

    (images / "pytorch" / "Dockerfile").write_text("# changed\n")

    assert changed(before, tags()) == {"pytorch", "pytorch-layers"}


def test_the_foundation_renames_every_environment_but_no_stranger(tags, images):
    before = tags()

    (images / "foundation" / "Dockerfile").write_text("# changed\n")

    assert changed(before, tags()) == ENVIRONMENTS | LAYERS | {"ours-layers"}


def test_sources_of_the_hub_rename_the_hub_only(tags):
    assert changed(tags(), tags(PROJECTS | {"hub": "2"})) == {"hub"}


def test_another_debian_renames_everything(tags):
    assert changed(tags(), tags(root="debian:12")) == set(tags())


def test_a_new_installer_renames_everything(tags, images):
    before = tags()

    (images / "shared" / "uv.txt").write_text("uv==2\n")

    assert changed(before, tags()) == set(before)


def test_a_higher_revision_renames_an_image(tags, images):
    before = tags()

    declaration = images / "hub" / "image.toml"
    declaration.write_text(declaration.read_text().replace("= 1", "= 2"))

    assert changed(before, tags()) == {"hub"}
