"""Images with the same static files have the same addresses, others have others."""

import shutil
from pathlib import Path

import pytest

from mofang_api.static_files import StaticFiles
from support.jupyter_share import CHUNK, LOAD, write_extension, write_lab


@pytest.fixture
def share(tmp_path: Path) -> Path:
    share = tmp_path / "share"
    write_lab(share)
    write_extension(share, "@mofang/training")
    write_extension(share, "jupyterlab_pygments")
    return share


def test_the_same_files_elsewhere_have_the_same_addresses(
    share: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "other" / "jupyter"
    shutil.copytree(share, copy)

    assert StaticFiles.describe([share]) == StaticFiles.describe([copy])


def test_it_does_not_matter_which_folder_has_an_extension(
    share: Path, tmp_path: Path
) -> None:
    ours = tmp_path / "ours"
    before = StaticFiles.describe([share])
    (ours / "labextensions").mkdir(parents=True)
    shutil.move(share / "labextensions" / "@mofang", ours / "labextensions")

    assert StaticFiles.describe([share, ours]) == before


def test_an_extensions_first_script_is_told(share: Path) -> None:
    loads = StaticFiles.describe([share]).loads

    assert loads == {"@mofang/training": LOAD, "jupyterlab_pygments": LOAD}


@pytest.mark.parametrize(
    ("path", "changed"),
    [
        ("lab/static/main.js", "lab"),
        ("lab/static/icons.svg", "lab"),
        (f"labextensions/@mofang/training/{CHUNK}", "extensions"),
    ],
)
def test_another_file_has_another_address(share: Path, path: str, changed: str) -> None:
    before = StaticFiles.describe([share])
    (share / path).write_text("another")
    after = StaticFiles.describe([share])

    others = {"lab", "index", "extensions", "loads"} - {changed}
    assert getattr(before, changed) != getattr(after, changed)
    assert all(getattr(before, each) == getattr(after, each) for each in others)


def test_compressed_copies_do_not_count(share: Path) -> None:
    before = StaticFiles.describe([share])
    for end in (".gz", ".br"):
        (share / "lab" / "static" / f"main.js{end}").write_text("compressed")

    assert StaticFiles.describe([share]) == before


def test_what_is_no_extension_is_passed_over(share: Path) -> None:
    folder = share / "labextensions" / "sources"
    folder.mkdir()
    (folder / "package.json").write_text('{"name": "sources"}')

    assert "sources" not in StaticFiles.describe([share]).loads


def test_an_image_without_jupyterlab_cannot_be_described(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"index\.html"):
        StaticFiles.describe([tmp_path])


@pytest.mark.parametrize("text", [None, "{", "[]", '{"lab": "x"}', '{"other": 1}'])
def test_an_unknown_description_is_none(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "static-files.json"
    if text is not None:
        path.write_text(text)

    assert StaticFiles.read(path) is None


def test_a_description_is_read_as_it_was_written(share: Path, tmp_path: Path) -> None:
    described = StaticFiles.describe([share])
    (tmp_path / "static-files.json").write_text(described.write())

    assert StaticFiles.read(tmp_path / "static-files.json") == described
