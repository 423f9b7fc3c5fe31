import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mofang_images.archives import is_complete, read_archive
from mofang_images.build import ImageBuild
from mofang_images.errors import CommandError, SourceError
from mofang_images.plan import make_plan
from mofang_images.sources import Variant, read_sources
from mofang_images.wheels import Wheel

from .conftest import digest, write_image


class RecordingBuilder:
    """Builds images of one layer, and remembers what it was asked, files included."""

    def __init__(self):
        self.contents = set()
        self.built = []
        self.layers = {}
        self.forgotten = []
        self.loads = False
        self.loaded = []
        self.contexts = {}
        self.locks = {}
        self.failing = False
        self.listed = "bash 5.2-1 amd64\n"
        self.concurrent = ()
        self.barrier = threading.Barrier(2)

    def has(self, ref):
        return ref in self.contents

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
        lock = request.context / "requirements.txt"
        self.locks[name] = lock.read_text() if lock.exists() else None
        if name in self.concurrent:
            self.barrier.wait(timeout=60)
        self.built.append((name, request.parent_ref.split("/")[-1].split(":")[0]))
        self.contents.add(request.ref)
        # The layer's Dockerfile ends from scratch; no two builds give the same bytes.
        parent = "scratch" if name == "ours-layers" else request.parent_ref
        added = f"{request.ref} {len(self.built)}".encode()
        self.layers[request.ref] = [*self.layers.get(parent, []), added]

    def packages(self, ref, log):
        return self.listed

    def save(self, ref, archive, log, without=()):
        # Nothing is left out, as by programs that cannot.
        write_image(archive, *self.layers[ref])

    def load(self, ref, layout):
        if self.loads:
            self.loaded.append(ref.split("/")[-1].split(":")[0])
            self.contents.add(ref)
        return self.loads

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

    def begin(sources="1", thin=False, variant=Variant.CPU) -> ImageBuild:
        wheel = tmp_path / f"mofang-0.1.{sources}-py3-none-any.whl"
        wheel.touch()
        uv = tmp_path / "uv"
        uv.touch()
        projects = dict.fromkeys(("extensions/client/mofang", "hub"), sources)
        return ImageBuild(
            plan=make_plan(
                read_sources(images), projects, images / "shared", "debian", variant
            ),
            wheels={each: Wheel(digest=sources, path=wheel) for each in projects},
            installer=uv,
            store=store,
            builder=builder,
            base_image="debian:trixie",
            thin=thin,
        )

    return begin


@pytest.fixture
def ensure(build):
    """Build one image of a run."""

    def built(name, **state):
        run = build(**state)
        return run.ensure(run.plan.images[name])

    return built


@pytest.fixture
def layers_of(build, builder):
    """Return the hashes of the layers that make an image, as the builder made them."""

    def hashes(name, **state):
        recipes = build(**state).plan.recipes
        stack = [*builder.layers[recipes[name].ref]]
        stack.append(builder.layers[recipes["ours"].ref][-1])
        return [digest(layer) for layer in stack]

    return hashes


def test_what_an_image_stands_on_is_built_before_it(ensure, builder):
    ensure("pytorch")

    assert builder.built == [
        ("foundation-layers", "debian"),
        ("pytorch-layers", "foundation-layers"),
        ("ours-layers", "foundation-layers"),
    ]


def test_an_environment_ends_with_our_layer(ensure, layers_of):
    archived = read_archive(ensure("pytorch").archive)

    assert archived.content.layers == layers_of("pytorch")
    assert archived.present == set(archived.content.layers)


def test_a_thin_archive_holds_our_layer_only(ensure, layers_of):
    archived = read_archive(ensure("pytorch", thin=True).archive)

    assert archived.content.layers == layers_of("pytorch")
    assert archived.present == {layers_of("pytorch")[-1]}


def test_a_thin_archive_names_what_must_be_read_before_it(ensure, build):
    recipes = build().plan.recipes
    image = ensure("pytorch", thin=True)

    refs = [recipes[each].ref for each in ("foundation", "pytorch")]
    assert [part.ref for part in image.below] == refs
    paths = [*(part.archive for part in image.below), image.archive]
    assert is_complete([read_archive(path) for path in paths])


def test_no_layer_lies_in_two_archives_below_thin_ones(declare, ensure):
    """Layers are large, and many images stand on the same ones."""
    declare("horovod", parent="pytorch", kind="environment")
    images = [ensure(name, thin=True) for name in ("base", "pytorch", "horovod")]

    parts = {part for image in images for part in image.below}
    contents = [layer for part in parts for layer in read_archive(part.archive).present]
    assert len(contents) == len(set(contents)) == 4


def test_an_environment_says_what_it_is(ensure):
    image = ensure("pytorch")

    labels = read_archive(image.archive).content.config["config"]["Labels"]
    assert labels["org.opencontainers.image.title"] == "pytorch"
    assert image.ref.endswith(labels["org.opencontainers.image.version"])


def test_a_build_writes_down_debians_packages(ensure, build, store):
    """Of two builds with one tag, they alone may differ."""
    ensure("pytorch")

    lists = sorted((store.folder / "packages").iterdir())
    recipes = build().plan.recipes
    names = [
        f"{recipes[each].name}-{recipes[each].tag}.txt"
        for each in ("foundation", "pytorch")
    ]
    assert [each.name for each in lists] == names, "our own layer has none"
    assert {each.read_text() for each in lists} == {"bash 5.2-1 amd64\n"}


def test_what_is_no_debian_is_refused(ensure, builder):
    builder.listed = ""

    with pytest.raises(SourceError, match="foundation-layers names no Debian packages"):
        ensure("base")


def test_a_change_of_our_sources_builds_one_small_layer_for_all(ensure, builder):
    for name in ("base", "pytorch"):
        ensure(name)
    builder.built.clear()

    changed = [ensure(name, sources="2") for name in ("base", "pytorch")]

    assert builder.built == [("ours-layers", "foundation-layers")]
    assert all(image.archive.exists() for image in changed)


def test_the_platforms_own_image_is_what_its_dockerfile_makes(ensure, builder):
    image = ensure("hub", thin=True)

    assert builder.built == [("hub", "debian")]
    assert image.below == ()
    assert len(read_archive(image.archive).present) == 1


def test_a_build_gets_its_files_and_what_it_names(ensure, builder, images):
    (images / "ours" / "README.md").write_text("For people.")
    ensure("base")

    assert builder.contexts["ours-layers"] == {
        "Dockerfile",
        "examples/single/README.md",
        "image.toml",
        "wheels/mofang-0.1.1-py3-none-any.whl",
    }


def test_wheels_for_others_are_apart_from_those_that_are_installed(ensure, builder):
    ensure("hub")

    assert builder.contexts["hub"] == {
        "Dockerfile",
        "downloads/mofang-0.1.1-py3-none-any.whl",
        "image.toml",
        "wheels/mofang-0.1.1-py3-none-any.whl",
    }


def test_what_is_built_is_not_built_again(ensure, builder):
    first = ensure("base")
    builder.built.clear()

    assert ensure("base") == first
    assert builder.built == []


@pytest.mark.parametrize("thin", [False, True], ids=["whole", "thin"])
@pytest.mark.parametrize(
    "lost", ["foundation", "pytorch", "ours"], ids="the archive of {}".format
)
def test_an_image_is_whole_again_after_archives_were_lost(
    ensure, build, builder, store, lost, thin
):
    """Built again, a parent has other hashes than those its children left out."""
    ensure("pytorch", thin=thin)
    builder.contents.clear()
    recipe = build().plan.recipes[lost]
    store.archive(recipe.name, recipe.tag).unlink()

    image = ensure("pytorch", thin=thin)

    paths = [*(part.archive for part in image.below), image.archive]
    assert is_complete([read_archive(path) for path in paths])


def test_what_the_builder_lost_comes_back_from_archives(ensure, builder, declare):
    """Built again, a parent has other hashes: its layers would be archived twice."""
    ensure("pytorch")
    builder.contents.clear()
    builder.built.clear()
    builder.loads = True
    declare("ray", parent="pytorch", kind="environment")

    image = ensure("ray", thin=True)

    assert builder.loaded == ["pytorch-layers"]
    assert builder.built == [("ray-layers", "pytorch-layers")]
    assert [len(read_archive(part.archive).present) for part in image.below] == [
        1,
        1,
        1,
    ]


def test_a_failed_build_leaves_no_archive(ensure, build, builder, store):
    builder.failing = True

    with pytest.raises(CommandError):
        ensure("base")

    assert not store.archive("base", build().plan.images["base"].tag).exists()


def test_the_builder_holds_the_newest_version_alone(ensure, builder, store):
    refs = [ensure("hub", sources=str(version)).ref for version in range(4)]

    assert set(builder.forgotten) == set(refs[:3])
    assert refs[3] not in builder.forgotten
    kept = {each.stem for each in (store.folder / "archives").glob("hub-*")}
    assert kept == {f"hub-{ref.rpartition(':')[2]}" for ref in refs[2:]}


def test_nothing_of_the_host_stays_after_a_build(ensure, store):
    ensure("base")

    left = [Path(each).name for each in (store.folder / "work").iterdir()]
    assert left == []


def test_an_image_for_gpus_has_a_lock_and_a_name_of_its_own(
    ensure, builder, declare, images
):
    declare("ray", parent="torch", kind="environment", gpu=True)
    declare("torch", parent="foundation", kind="environment", gpu=True)
    (images / "torch" / "requirements.txt").write_text("torch==1+cpu")
    (images / "torch" / "requirements-gpu.txt").write_text("torch==1")

    refs = {ensure("ray", variant=each).ref for each in Variant}

    assert {ref.split("/")[-1].split(":")[0] for ref in refs} == {"ray", "ray-gpu"}
    assert builder.locks["torch-layers"] == "torch==1+cpu"
    assert builder.locks["torch-gpu-layers"] == "torch==1"
    assert ("ray-gpu-layers", "torch-gpu-layers") in builder.built
    assert [each[0] for each in builder.built].count("foundation-layers") == 1


def test_builds_at_the_same_time_share_parts_and_do_not_wait_for_others(build, builder):
    """What two need is made once; what has nothing in common is made side by side."""
    builder.concurrent = {"hub", "foundation-layers"}
    names = ["base", "pytorch", "hub", "base"]

    def ensured(name):
        run = build()
        return run.ensure(run.plan.images[name])

    with ThreadPoolExecutor(len(names)) as pool:
        images = list(pool.map(ensured, names))

    made = [name for name, _ in builder.built]
    assert len(made) == len(set(made)) == 5
    assert all(image.archive.exists() for image in images)
