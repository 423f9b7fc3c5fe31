"""The reference of the REST API, from the OpenAPI document."""

from __future__ import annotations

from functools import cache
from typing import Any

from mofang_docs.tables import code, table
from mofang_jobs.api.openapi import build_document

Schema = dict[str, Any]

REQUEST = ("JobSpec", "RoleSpec", "Resources", "Restart", "Input", "Output")
REQUEST_MORE = ("CodeSource", "SecretKey")


@cache
def document() -> Schema:
    """Return the OpenAPI document of the training service."""
    return build_document()


def operations() -> str:
    """Return a section for each verb of each path."""
    return "\n".join(
        _operation(verb, path, operation)
        for path, verbs in document()["paths"].items()
        for verb, operation in verbs.items()
    )


def models() -> str:
    """Return a table of the fields of each model."""
    schemas = document()["components"]["schemas"]
    first = [*REQUEST, *REQUEST_MORE]
    names = [*first, *(each for each in schemas if each not in first)]
    return "\n".join(_model(name, schemas[name]) for name in names)


def _operation(verb: str, path: str, operation: Schema) -> str:
    # Every path begins alike; what follows is what tells them apart.
    parts = [f"### {operation['summary']}\n", f"`{verb.upper()} {path}`\n"]
    if "description" in operation:
        parts.append(f"{operation['description']}\n")
    asked = [each for each in operation["parameters"] if each["in"] != "path"]
    if asked:
        rows = [
            [
                code(each["name"]),
                each["in"],
                _type(each["schema"]),
                each["description"] + _bounds(each["schema"]),
            ]
            for each in asked
        ]
        parts.append(table(["parameter", "in", "type", "meaning"], rows))
    facts = []
    if "x-scope" in operation:
        facts.append(f"Scope: `{operation['x-scope']}`.")
    if "requestBody" in operation:
        content = operation["requestBody"]["content"]["application/json"]
        facts.append(f"Body: {_type(content['schema'])}.")
    facts.append(_answers(operation["responses"]))
    parts.append(" ".join(facts) + "\n")
    return "\n".join(parts)


def _answers(responses: Schema) -> str:
    status, *others = responses
    content = responses[status].get("content", {})
    shown = [f"{media}, {_type(each['schema'])}" for media, each in content.items()]
    answer = f"Answer: {status}{': ' + shown[0] if shown else ''}."
    return f"{answer} Refusals: {', '.join(others)}." if others else answer


def _model(name: str, schema: Schema) -> str:
    parts = [f"### {name}\n"]
    if "description" in schema:
        parts.append(f"{schema['description']}\n")
    if "enum" in schema:
        parts.append(", ".join(map(code, schema["enum"])) + "\n")
        return "\n".join(parts)
    needed = schema.get("required", [])
    rows = [
        [
            code(field) + ("" if field not in needed else " (needed)"),
            _type(each),
            _default(each),
            each.get("description", "") + _bounds(each),
        ]
        for field, each in schema.get("properties", {}).items()
    ]
    parts.append(table(["field", "type", "default", "meaning"], rows))
    return "\n".join(parts)


def _type(schema: Schema) -> str:
    """Return a schema's type in a few words, models as links."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(map(_type, schema["anyOf"])))
    if "enum" in schema:
        return ", ".join(map(code, schema["enum"]))
    if "const" in schema:
        return code(schema["const"])
    return _plain_type(schema)


def _plain_type(schema: Schema) -> str:
    inner = schema.get("additionalProperties")
    match schema.get("type", "any"):
        case "array":
            return f"list of {_type(schema.get('items', {}))}"
        case "object" if isinstance(inner, dict):
            return f"object of {_type(inner)}"
        case kind:
            return str(schema.get("format", kind))


def _default(schema: Schema) -> str:
    if "default" not in schema:
        return ""
    value = schema["default"]
    if isinstance(value, bool):
        return code(str(value).lower())
    return "" if value in (None, "", [], {}) else code(value)


def _bounds(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if high is not None:
        return f" From {low} to {high}."
    return "" if low is None else f" At least {low}."
