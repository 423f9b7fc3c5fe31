"""An environment's image: a reference, or the name of one of the platform's."""

import pytest
from unit.mofang_spawner.conftest import a_catalog, a_project, environment_body

IMAGES = {"pytorch": "registry.example.com/mofang/pytorch:1f0"}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param("pytorch", IMAGES["pytorch"], id="a name of the platform's"),
        pytest.param("pytorch:2.6", "pytorch:2.6", id="that name with a tag"),
        pytest.param("ubuntu:24.04", "ubuntu:24.04", id="a registry's own name"),
        pytest.param("ubuntu", "ubuntu", id="one without a tag"),
        pytest.param(
            "docker.io/mofang/pytorch:1", "docker.io/mofang/pytorch:1", id="a reference"
        ),
    ],
)
def test_every_reader_gets_a_reference(written, read):
    catalog = a_catalog(environments=[environment_body(image=written)], images=IMAGES)

    assert catalog.find_environment("pytorch").image == read
    [listed] = catalog.list_environments(a_project(), frozenset(), "ada")
    assert listed.image == read
