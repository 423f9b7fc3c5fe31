"""What takes the space of a home, by kind: on real directories."""

import os
from pathlib import Path

import pytest

from mofang_files.kinds import HOME, ItemKind, file_kind, project_layout
from mofang_files.survey import survey


@pytest.fixture
def home(tmp_path):
    path = tmp_path / "home"
    path.mkdir()
    return path


def write(home, path, size=1):
    file = home / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"x" * size)
    return file


def found(home, **more):
    return {(each.kind, each.path): each for each in survey(home, **more).items}


def parts(path):
    return tuple(path.split("/"))


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (".cache/pip", ItemKind.PACKAGE_CACHE),
        (".cache/huggingface/hub", ItemKind.MODEL_CACHE),
        (".cache/huggingface", None),  # It has the token of a log-in.
        (".cache/matplotlib", ItemKind.CACHE),
        (".cache", None),
        ("src/.cache/pip", None),
        ("src/__pycache__", ItemKind.BYTECODE),
        (".ipynb_checkpoints", ItemKind.NOTEBOOK_CHECKPOINTS),
        (".local/share/Trash", ItemKind.TRASH),
        (".mofang/replaced", ItemKind.REPLACED),
        (".mofang/code", ItemKind.CODE),
        (".mofang/environments", None),
        ("runs/checkpoint-500", ItemKind.CHECKPOINT),
        ("runs/checkpoint-best", None),
        ("runs/last.ckpt", ItemKind.CHECKPOINT),
        ("runs/checkpoints", None),
    ],
)
def test_a_directory_is_of_a_kind_by_its_path(path, kind):
    assert HOME.directory_kind(parts(path)) is kind


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (".cache/pip", ItemKind.PACKAGE_CACHE),
        ("ada/.cache/pip", ItemKind.PACKAGE_CACHE),
        ("people/ada/.cache/huggingface/hub", ItemKind.MODEL_CACHE),
        ("ada/.cache/huggingface", None),
        ("ada/.cache/letters", None),
        ("ada/pip", None),
        ("ada/miniforge3/pkgs", ItemKind.PACKAGE_CACHE),
        ("src/__pycache__", ItemKind.BYTECODE),
        (".Trash-1000", ItemKind.TRASH),
        (".Trash-1001", None),
        (".local/share/Trash", None),
        (".mofang/replaced", ItemKind.REPLACED),
        (".mofang/code", None),
        ("runs/checkpoint-500", ItemKind.CHECKPOINT),
    ],
)
def test_in_a_project_people_have_caches_of_their_own(path, kind):
    assert project_layout(1000).directory_kind(parts(path)) is kind


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("model.ckpt", ItemKind.CHECKPOINT),
        ("checkpoints/model.pt", ItemKind.CHECKPOINT),
        ("my-Checkpoints/epoch-1/model.safetensors", ItemKind.CHECKPOINT),
        ("ckpt/model.pth", ItemKind.CHECKPOINT),
        ("model.pt", None),
        ("checkpointing/model.pt", None),
        ("checkpoints/train.py", None),
    ],
)
def test_a_file_is_of_a_kind_by_its_path(path, kind):
    assert file_kind(parts(path)) is kind


def test_items_are_told_the_largest_first_with_size_and_last_use(home):
    wheel = write(home, ".cache/pip/wheels/a.whl", 300_000)
    os.utime(wheel, (2_000_000_000, 1_000_000_000))
    write(home, "runs/checkpoint-5/model.safetensors", 500_000)
    write(home, "runs/train.py")

    first, second = survey(home).items

    assert (first.kind, first.path) == (ItemKind.CHECKPOINT, "runs/checkpoint-5")
    assert (second.kind, second.path) == (ItemKind.PACKAGE_CACHE, ".cache/pip")
    assert 300_000 <= second.bytes < 400_000
    assert second.files == 3 - 1
    assert second.used == 2_000_000_000
    assert second.complete


def test_directories_of_bytecode_are_one_item(home):
    for name in ("a", "b/c"):
        write(home, f"{name}/__pycache__/m.pyc", 5_000)

    (item,) = survey(home).items

    assert (item.kind, item.path, len(item.paths)) == (ItemKind.BYTECODE, "", 2)
    assert item.bytes >= 10_000


def test_the_largest_directories_are_told_to_the_second_level(home):
    write(home, "data/images/deep/a", 200_000)
    write(home, "src/b", 10)

    paths = [each.path for each in survey(home).directories]

    assert paths == ["data", "data/images", "src"]


def test_an_item_has_no_items_in_it(home):
    write(home, ".cache/huggingface/hub/x/checkpoints/model.pt")
    write(home, ".cache/other/__pycache__/m.pyc")
    write(home, "src/.git/__pycache__/m.pyc")

    assert set(found(home)) == {
        (ItemKind.MODEL_CACHE, ".cache/huggingface/hub"),
        (ItemKind.CACHE, ".cache/other"),
    }


def test_a_file_that_has_a_name_elsewhere_frees_nothing(home):
    cached = write(home, ".conda/pkgs/lib.so", 400_000)
    other = write(home, ".conda/pkgs/twice", 100_000)
    os.link(other, home / ".conda/pkgs/again")
    (home / "env").mkdir()
    os.link(cached, home / "env" / "lib.so")

    (item,) = survey(home).items
    sizes = {each.path: each.bytes for each in survey(home).directories}

    assert 100_000 <= item.bytes < 200_000
    assert sizes["env"] < 100_000


def test_links_are_not_followed(home, tmp_path):
    write(tmp_path, "neighbour/__pycache__/m.pyc")
    (home / "link").symlink_to(tmp_path / "neighbour")
    (home / ".cache").mkdir()
    (home / ".cache" / "pip").symlink_to(tmp_path / "neighbour")
    (home / "model.ckpt").symlink_to(tmp_path / "neighbour")

    assert survey(home).items == ()


def test_it_ends_at_its_limits_after_the_places_that_are_known(home):
    write(home, ".cache/pip/a", 50_000)
    for number in range(50):
        write(home, f"a{number}/__pycache__/m.pyc")

    few = survey(home, entries=10)
    late = survey(home, seconds=-1)

    assert not few.complete
    assert len(few.items) <= 2
    assert not late.complete
    assert survey(home).complete


def test_where_the_file_system_counts_little_is_looked_into(home):
    """What takes less than a MiB by its count is passed over, items and all."""
    write(home, ".cache/pip/a")
    write(home, "small/model.ckpt")
    write(home, "large/model.ckpt")
    sizes = {"pip": 7 << 20, "home": 30 << 20, "large": 20 << 20, ".cache": 7 << 20}

    def attribute(directory, name):
        path = Path(f"/proc/self/fd/{directory}").readlink()
        return {
            "ceph.dir.rbytes": sizes.get(path.name, 5),
            "ceph.dir.rentries": 12,
            "ceph.dir.rctime": 1_700_000_000,
        }[name]

    items = found(home, attribute=attribute)

    assert set(items) == {
        (ItemKind.PACKAGE_CACHE, ".cache/pip"),
        (ItemKind.CHECKPOINT, "large/model.ckpt"),
    }
    pip = items[ItemKind.PACKAGE_CACHE, ".cache/pip"]
    assert (pip.bytes, pip.files, pip.used) == (7 << 20, 11, 1_700_000_000)


def test_ids_are_the_same_as_long_as_it_is_there(home):
    write(home, ".cache/pip/a")
    os.mkdir(os.fsencode(home) + b"/\xff.ckpt")  # noqa: PTH102 - no text

    ids = [each.id for each in survey(home).items]

    assert len(set(ids)) == 2
    assert ids == [each.id for each in survey(home).items]
