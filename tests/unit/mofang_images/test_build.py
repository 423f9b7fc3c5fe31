from pathlib import Path

import pytest

from mofang_images.build import ImageBuild
from mofang_images.errors import CommandError
from mofang_images.plan import plan_images
from mofang_images.sources import read_sources
from mofang_images.wheels import Wheel


class RecordingBuilder:
    """Builds nothing and remembers what it was asked, files included."""

    def __init__(self):
        self.held = set()
        self.built = []
        self.loaded = []
        self.forgotten = []
        self.contexts = {}
        self.failing = False

    def has(self, ref):
        return ref in self.held

    def load(self, archive, log):
        self.loaded.append(archive)

    def import_root(self, ref, root, log):
        raise AssertionError("These builds stand on a registry's Debian.")

    def build(self, request, log):
        if self.failing:
            raise CommandError(f"build {request.ref}", 1, log.path)
        files = [each for each in request.context.rglob("*") if each.is_file()]
        name = request.ref.split("/")[-1].split(":")[0]
        self.contexts[name] = {
            each.relative_to(request.context).as_posix() for each in files
        }
        self.built.append((name, request.parent_ref.split(":")[0]))
        self.held.add(request.ref)

    def save(self, ref, archive, log):
        archive.write_text(ref)

    def forget(self, ref):
        self.forgotten.append(ref)

    def tidy(self):
        pass


@pytest.fixture
def builder():
    return RecordingBuilder()


@pytest.fixture
def images(declare):
    declare("base", projects=("extensions/client",))
    return declare("pytorch", parent="base")


@pytest.fixture
def build(images, builder, store, tmp_path):
    """Return a run over the images as they are now."""
    wheel = tmp_path / "mofang-0.1.0-py3-none-any.whl"
    wheel.touch()

    def begin() -> ImageBuild:
        planned = plan_images(
            read_sources(images),
            {"extensions/client": "1"},
            images / "shared",
            "debian",
        )
        return ImageBuild(
            planned=planned,
            wheels={"extensions/client": Wheel(digest="1", path=wheel)},
            shared=images / "shared",
            store=store,
            builder=builder,
            base_image="debian:bookworm",
        )

    return begin


def test_a_child_is_built_on_the_parent_built_before_it(build, builder):
    run = build()
    run.ensure(run.planned["pytorch"])

    assert builder.built == [
        ("base", "debian"),
        ("pytorch", "docker.io/mofang/base"),
    ]


def test_an_image_gets_its_files_the_shared_ones_and_the_wheels(build, builder, images):
    (images / "base" / "README.md").write_text("For people.")
    run = build()
    run.ensure(run.planned["base"])

    assert builder.contexts["base"] == {
        "Dockerfile",
        "image.toml",
        "uv.txt",
        "wheels/mofang-0.1.0-py3-none-any.whl",
    }


def test_what_is_built_is_not_built_again(build, builder):
    first = build().ensure(build().planned["base"])
    builder.built.clear()

    assert build().ensure(build().planned["base"]) == first
    assert builder.built == []


def test_a_parent_the_builder_lost_comes_back_from_its_archive(build, builder):
    run = build()
    parent = run.ensure(run.planned["base"])
    builder.held.clear()

    run.ensure(run.planned["pytorch"])

    assert builder.loaded == [parent.archive]


def test_a_failed_build_leaves_no_archive(build, builder, store):
    builder.failing = True
    run = build()

    with pytest.raises(CommandError):
        run.ensure(run.planned["base"])

    assert not store.archive("base", run.planned["base"].tag).exists()


def test_the_builder_forgets_what_is_no_longer_kept(build, builder, images):
    refs = []
    for version in range(4):
        (images / "base" / "Dockerfile").write_text(f"# {version}\n")
        run = build()
        refs.append(run.ensure(run.planned["base"]).ref)

    assert builder.forgotten == refs[:2]


def test_nothing_of_the_host_stays_after_a_build(build, store):
    run = build()
    run.ensure(run.planned["base"])

    left = [Path(each).name for each in (store.folder / "work").iterdir()]
    assert left == []
