"""Static files are laid out under digests; the first scripts can be loaded ahead."""

import json
from pathlib import Path

import pytest

from mofang_api.static_files import StaticFiles
from mofang_hub.static_files import main
from support.jupyter_share import CHUNK, LOAD, write_extension, write_lab

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def shares(tmp_path: Path) -> list[Path]:
    packages, ours = tmp_path / "packages", tmp_path / "ours"
    write_lab(packages)
    write_extension(packages, "jupyterlab_pygments")
    write_extension(packages, "disabled")
    write_extension(ours, "@mofang/training")
    return [packages, ours]


def lay_out(shares: list[Path], *preloaded: str) -> Path:
    target = shares[0].parent / "www"
    listed = shares[0].parent / "preload.txt"
    listed.write_text("\n".join(["# A comment.", "", *preloaded]))
    page = shares[0].parent / "page_config.json"
    page.write_text('{"disabledExtensions": {"disabled": true, "other": false}}')
    files = ["--preload", str(listed), "--page-config", str(page)]
    main(["--target", str(target), *files, *map(str, shares)])
    return target / "static"


def test_files_are_at_the_addresses_that_images_describe(shares: list[Path]) -> None:
    root = lay_out(shares)

    described = StaticFiles.describe(shares)
    assert (root / described.lab / "main.js").read_text() == "main()"
    for name in described.loads:
        script = root / described.extensions / name / LOAD
        assert script.read_text() == f"// {name}"


def test_first_scripts_are_listed_as_a_browser_asks_for_them(
    shares: list[Path],
) -> None:
    root = lay_out(shares, "main.js?v=0123")

    listed = json.loads((root / "preload.json").read_text())["scripts"]
    described = StaticFiles.describe(shares)
    digest = CHUNK.split(".")[1]
    assert listed == [
        f"{described.lab}/main.js?v=0123",
        *(
            f"{described.extensions}/{name}/{path}"
            for name in ("@mofang/training", "jupyterlab_pygments")
            for path in (f"{CHUNK}?v={digest}", LOAD)
        ),
    ]


def test_a_list_of_another_version_ends_the_build(shares: list[Path]) -> None:
    with pytest.raises(ValueError, match=r"has no gone\.js"):
        lay_out(shares, "main.js", "gone.js?v=1")


def test_the_list_is_of_the_version_in_all_images() -> None:
    """The environment of developers has the version that images are pinned to."""
    import jupyterlab  # noqa: PLC0415

    lock = (REPOSITORY / "images" / "foundation" / "requirements.txt").read_text()
    assert f"\njupyterlab=={jupyterlab.__version__} " in lock
    lab = Path(jupyterlab.__file__).parents[4] / "share" / "jupyter" / "lab" / "static"
    listed = (REPOSITORY / "images" / "hub" / "preload.txt").read_text().splitlines()
    names = [each.partition("?")[0] for each in listed if not each.startswith("#")]
    assert len(names) > 30
    assert [each for each in names if not (lab / each).is_file()] == []
