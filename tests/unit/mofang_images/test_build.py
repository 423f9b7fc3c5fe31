from pathlib import Path

import pytest

from mofang_images.archives import read_archive
from mofang_images.build import ImageBuild
from mofang_images.errors import CommandError
from mofang_images.plan import make_plan
from mofang_images.sources import read_sources
from mofang_images.wheels import Wheel

from .conftest import digest, write_image


class RecordingBuilder:
    """Builds images of one layer, and remembers what it was asked, files included."""

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
        log.path.parent.mkdir(parents=True, exist_ok=True)
        log.path.touch()
        files = [each for each in request.context.rglob("*") if each.is_file()]
        name = request.ref.split("/")[-1].split(":")[0]
        self.contexts[name] = {
            each.relative_to(request.context).as_posix() for each in files
        }
        self.built.append((name, request.parent_ref.split("/")[-1].split(":")[0]))
        self.held.add(request.ref)

    def save(self, ref, archive, log):
        write_image(archive, ref.encode())

    def forget(self, ref):
        self.forgotten.append(ref)

    def tidy(self):
        pass


@pytest.fixture
def builder():
    return RecordingBuilder()


@pytest.fixture
def build(images, builder, store, tmp_path):
    """Return a run over the tree as it is now, with our sources in some state."""

    def begin(sources="1") -> ImageBuild:
        wheel = tmp_path / f"mofang-0.1.{sources}-py3-none-any.whl"
        wheel.touch()
        projects = dict.fromkeys(("extensions/client", "hub"), sources)
        return ImageBuild(
            plan=make_plan(read_sources(images), projects, images / "shared", "debian"),
            wheels={each: Wheel(digest=sources, path=wheel) for each in projects},
            shared=images / "shared",
            store=store,
            builder=builder,
            base_image="debian:bookworm",
        )

    return begin


@pytest.fixture
def ensure(build):
    """Build one image of a run."""

    def built(name, sources="1"):
        run = build(sources)
        return run.ensure(run.plan.images[name])

    return built


def test_what_an_image_stands_on_is_built_before_it(ensure, builder):
    ensure("pytorch")

    assert builder.built == [
        ("foundation-layers", "debian"),
        ("pytorch-layers", "foundation-layers"),
        ("ours-layers", "foundation-layers"),
    ]


def test_an_environment_ends_with_our_layer(ensure, build):
    image = ensure("pytorch")

    recipes = build().plan.recipes
    layers = [digest(recipes[each].ref.encode()) for each in ("pytorch", "ours")]
    archived = read_archive(image.archive)
    assert [layer["digest"] for layer in archived.layers] == layers


def test_an_environment_says_what_it_is(ensure):
    image = ensure("pytorch")

    labels = read_archive(image.archive).config["config"]["Labels"]
    assert labels["org.opencontainers.image.title"] == "pytorch"
    assert image.ref.endswith(labels["org.opencontainers.image.version"])


def test_a_change_of_our_sources_builds_one_small_layer_for_all(ensure, builder):
    for name in ("base", "pytorch"):
        ensure(name)
    builder.built.clear()

    changed = [ensure(name, sources="2") for name in ("base", "pytorch")]

    assert builder.built == [("ours-layers", "foundation-layers")]
    assert all(image.archive.exists() for image in changed)


def test_the_platforms_own_image_is_what_its_dockerfile_makes(ensure, builder):
    image = ensure("hub")

    assert builder.built == [("hub", "debian")]
    (layer,) = read_archive(image.archive).layers
    assert layer["digest"] == digest(image.ref.encode())


def test_a_build_gets_its_files_the_shared_ones_and_what_it_names(
    ensure, builder, images
):
    (images / "ours" / "README.md").write_text("For people.")
    ensure("base")

    assert builder.contexts["ours-layers"] == {
        "Dockerfile",
        "examples/single/README.md",
        "image.toml",
        "uv.txt",
        "wheels/mofang-0.1.1-py3-none-any.whl",
    }


def test_what_is_built_is_not_built_again(ensure, builder):
    first = ensure("base")
    builder.built.clear()

    assert ensure("base") == first
    assert builder.built == []


def test_layers_the_builder_lost_come_back_from_their_archive(
    declare, ensure, builder, build
):
    declare("horovod", parent="pytorch", kind="environment")
    ensure("pytorch")
    builder.held.clear()

    ensure("horovod")

    pytorch = build().plan.recipes["pytorch"]
    assert [path.name for path in builder.loaded] == [
        f"{pytorch.name}-{pytorch.tag}.tar"
    ]


def test_a_failed_build_leaves_no_archive(ensure, build, builder, store):
    builder.failing = True

    with pytest.raises(CommandError):
        ensure("base")

    assert not store.archive("base", build().plan.images["base"].tag).exists()


def test_the_builder_forgets_what_is_no_longer_kept(ensure, builder):
    refs = [ensure("hub", sources=str(version)).ref for version in range(4)]

    assert builder.forgotten == refs[:2]


def test_nothing_of_the_host_stays_after_a_build(ensure, store):
    ensure("base")

    left = [Path(each).name for each in (store.folder / "work").iterdir()]
    assert left == []
