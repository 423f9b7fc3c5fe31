"""The versions on the gallery's cards are those of the locks."""

from pathlib import Path

import pytest
import yaml

from mofang_images.sources import read_sources
from mofang_images.versions import VERSIONS_FILE, read_versions, versions_text

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def versions() -> dict[str, dict[str, str]]:
    found = read_versions(read_sources(REPOSITORY / "images"))
    return {
        image: {each["name"]: each["version"] for each in listed}
        for image, listed in found.items()
    }


def test_the_file_of_the_chart_is_that_of_the_locks() -> None:
    """`python -m mofang_images lock` writes it."""
    text = versions_text(read_sources(REPOSITORY / "images"))

    assert (REPOSITORY / VERSIONS_FILE).read_text() == text


def test_every_image_of_the_catalogue_says_what_is_in_it(
    versions: dict[str, dict[str, str]],
) -> None:
    for path in (REPOSITORY / "images" / "catalog").glob("*.yaml"):
        image = yaml.safe_load(path.read_text())["spec"]["image"]
        assert versions[image].keys() >= {"Python", "JupyterLab"}


@pytest.mark.parametrize(
    ("image", "names"),
    [
        pytest.param("pytorch", {"PyTorch"}, id="of Debian"),
        pytest.param("pytorch-gpu", {"PyTorch", "CUDA"}, id="of the variant's lock"),
        pytest.param("ray-gpu", {"Ray", "PyTorch", "CUDA"}, id="of its parent"),
        pytest.param("horovod", {"Horovod", "TensorFlow"}, id="of a lock it installs"),
    ],
)
def test_where_versions_come_from(
    versions: dict[str, dict[str, str]], image: str, names: set[str]
) -> None:
    assert versions[image].keys() >= names


def test_an_image_for_processors_has_no_cuda(
    versions: dict[str, dict[str, str]],
) -> None:
    assert "CUDA" not in versions["pytorch"]
    assert versions["pytorch"]["PyTorch"] != versions["pytorch-gpu"]["PyTorch"]
