"""What the chart's own files say: values, custom resources, rights."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from mofang_docs.tables import code, table

REPOSITORY = Path(__file__).parents[2]
CHART = REPOSITORY / "helm" / "mofang"
RIGHTS = REPOSITORY / "tests" / "chart" / "golden" / "rights.yaml"

Schema = dict[str, Any]

_VERBOSE = ("images", "environments", "projects")
"""Maps whose defaults are too long for a table."""


def values() -> str:
    """Return a section per top-level value, from the schema and the defaults."""
    schema = _read(CHART / "values.schema.yaml")
    defaults = _read(CHART / "values.yaml")
    parts = []
    for name, found in schema["properties"].items():
        rows = _value_rows(name, found, defaults.get(name), schema["definitions"])
        parts += [f"## {name}\n", table(["value", "type", "default", "meaning"], rows)]
    return "\n".join(parts)


def _value_rows(
    path: str, given: Schema, default: Any, definitions: dict[str, Schema]
) -> Iterator[list[str]]:
    schema = _resolved(given, definitions)
    inner = schema.get("properties", {})
    is_shown = not inner or "description" in schema
    if is_shown:
        shown = "" if inner or path in _VERBOSE else _shown(default)
        yield [code(path), _type(schema), shown, schema.get("description", "")]
    for name, each in inner.items():
        below = default.get(name) if isinstance(default, dict) else None
        yield from _value_rows(f"{path}.{name}", each, below, definitions)
    more = schema.get("additionalProperties")
    if isinstance(more, dict) and "properties" in more:
        yield from _value_rows(f"{path}.NAME", more, None, definitions)


def _resolved(schema: Schema, definitions: dict[str, Schema]) -> Schema:
    if "$ref" not in schema:
        return schema
    own = {name: each for name, each in schema.items() if name != "$ref"}
    return definitions[schema["$ref"].rpartition("/")[2]] | own


def _type(schema: Schema) -> str:
    if "enum" in schema:
        return ", ".join(map(code, schema["enum"]))
    kind = schema.get("type", "")
    found = " or ".join(kind) if isinstance(kind, list) else str(kind)
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is None:
        return found
    return f"{found}, {f'at least {low}' if high is None else f'{low} to {high}'}"


def _shown(default: Any) -> str:
    if default is None:
        return ""
    if isinstance(default, str):
        return code(default) if default else '`""`'
    return code(json.dumps(default))


def environment_fields() -> str:
    """Return the fields of an Environment's spec."""
    return _fields("environments.mofang.dev.yaml")


def project_fields() -> str:
    """Return the fields of a Project's spec."""
    return _fields("projects.mofang.dev.yaml")


def _fields(file: str) -> str:
    definition = _read(CHART / "crds" / file)
    schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    rows = _field_rows("", schema["properties"]["spec"])
    return table(["field of `spec`", "type", "default", "meaning"], rows)


def _field_rows(path: str, schema: Schema) -> Iterator[list[str]]:
    needed = schema.get("required", [])
    for name, each in schema.get("properties", {}).items():
        below = f"{path}.{name}".lstrip(".")
        items = each.get("items", {})
        kind = each.get("type", "quantity")
        if kind == "array":
            kind = f"list of {items.get('type', 'quantity')}s"
        yield [
            code(below) + (" (needed)" if name in needed else ""),
            ", ".join(map(code, each["enum"])) if "enum" in each else kind,
            "" if each.get("default") in (None, "", [], {}) else _json(each["default"]),
            each.get("description", ""),
        ]
        yield from _field_rows(below, each)
        yield from _field_rows(f"{below}[]", items)


def _json(value: Any) -> str:
    return code(json.dumps(value))


def rights() -> str:
    """Return what each role of the chart may do, as a test holds it."""
    rows = []
    for role, rules in _read(RIGHTS).items():
        for rule in rules:
            verbs, _, rest = rule.partition(" ")
            group, _, resources = rest.partition(": ")
            cells = [group, resources.replace(",", ", "), verbs.replace(",", ", ")]
            rows.append([code(role), *cells])
    return table(["role", "API group", "resources", "verbs"], rows)


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
