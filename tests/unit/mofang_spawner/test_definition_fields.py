"""The model of an environment has every field that its definition accepts.

What the model lacks is passed over when it is read: an administrator's field would have
no effect, and nobody would be told.
"""

from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from mofang_spawner.data_sources.models import (
    CephfsSource,
    ClaimSource,
    DataSource,
    NfsSource,
    S3Source,
)
from mofang_spawner.environments.models import Access, Bounds, Environment, GpuBounds

REPOSITORY = Path(__file__).parents[3]
DEFINITION = REPOSITORY / "helm" / "mofang" / "crds" / "environments.mofang.dev.yaml"


def properties(*path: str) -> set[str]:
    """Names of the fields below a field of the specification."""
    definition = yaml.safe_load(DEFINITION.read_text())
    found = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    for name in ("spec", *path):
        found = found["items"] if name == "items" else found["properties"][name]
    return set(found["properties"])


def fields(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


@pytest.mark.parametrize(
    ("path", "model"),
    [
        pytest.param((), Environment, id="spec"),
        pytest.param(("access",), Access, id="access"),
        pytest.param(("resources", "cpu"), Bounds, id="cpu"),
        pytest.param(("resources", "memory"), Bounds, id="memory"),
        pytest.param(("resources", "gpu"), GpuBounds, id="gpu"),
        pytest.param(("resources", "cache"), Bounds, id="cache"),
        pytest.param(("dataSources", "items"), DataSource, id="data source"),
        *(
            pytest.param(("dataSources", "items", kind), model, id=kind)
            for kind, model in (
                ("persistentVolumeClaim", ClaimSource),
                ("nfs", NfsSource),
                ("cephfs", CephfsSource),
                ("s3", S3Source),
            )
        ),
    ],
)
def test_each_field_of_the_definition_is_read(path, model):
    assert properties(*path) <= fields(model)
