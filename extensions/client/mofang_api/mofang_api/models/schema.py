"""JSON schemas of the wire format's models, described by the docstrings of fields."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from mofang_api.declarations import RoleRule
from mofang_api.errors import ErrorBody
from mofang_api.models import (
    DebugServer,
    EnvironmentList,
    Job,
    JobEvent,
    JobList,
    JobMetrics,
    JobSpec,
    LogUsage,
    Preview,
)

Schema = dict[str, Any]
"""A JSON schema, or another object of an OpenAPI document."""

_MODELS = (
    *(DebugServer, EnvironmentList, ErrorBody, Job, JobEvent, JobList, JobMetrics),
    LogUsage,
    *(JobSpec, Preview),
)


def build_schemas(
    ref_template: str = "#/components/schemas/{model}",
) -> dict[str, Schema]:
    """Return the schemas of all models by name, fields described."""
    _, found = models_json_schema(
        [(each, "validation") for each in _MODELS], ref_template=ref_template
    )
    schemas: dict[str, Schema] = found["$defs"]
    for model in _all_models(_MODELS):
        described = schemas.get(model.__name__, {})
        for name, text in field_docs(model).items():
            if name in described.get("properties", {}):
                described["properties"][name]["description"] = text
    return dict(sorted(schemas.items()))


def build_wire_schema() -> Schema:
    """Return one schema that defines everything the extensions of JupyterLab read.

    That is the wire format, and the roles of frameworks as the form gets them.
    """
    schemas = build_schemas("#/$defs/{model}")
    rule = TypeAdapter(RoleRule).json_schema()
    for name, text in field_docs(RoleRule).items():
        rule["properties"][name]["description"] = text
    schemas[RoleRule.__name__] = rule
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Wire",
        "$defs": dict(sorted(schemas.items())),
    }


def field_docs(model: type[Any]) -> dict[str, str]:
    """Return the docstrings below a model's fields, by the fields' names."""
    source = textwrap.dedent(inspect.getsource(model))
    [definition] = ast.parse(source).body
    assert isinstance(definition, ast.ClassDef)  # noqa: S101 - it is a class's source
    found = {}
    for before, after in pairwise(definition.body):
        match before, after:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                found[name] = _plain(text)
            case _:
                pass
    return found


def _plain(docstring: str) -> str:
    return " ".join(inspect.cleandoc(docstring).replace("``", "`").split())


def _all_models(models: tuple[type[BaseModel], ...]) -> Iterator[type[BaseModel]]:
    seen: set[type[BaseModel]] = set()
    todo = list(models)
    while todo:
        model = todo.pop()
        if model in seen:
            continue
        seen.add(model)
        yield model
        for each in model.model_fields.values():
            todo += _models_in(each.annotation)


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        return [annotation]
    inner = getattr(annotation, "__args__", ())
    return [model for each in inner for model in _models_in(each)]
