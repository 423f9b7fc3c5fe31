"""Build the OpenAPI document: paths and verbs from the route table."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel
from tornado.routing import PathMatches
from tornado.web import Application, RequestHandler

from mofang_api.errors import ErrorBody
from mofang_api.models.schema import Schema, build_schemas
from mofang_jobs.api.application import build_application
from mofang_jobs.api.openapi.operations import OPERATIONS, TEXT, Operation

PREFIX = "/services/training"
VERBS = ("get", "post", "put", "patch", "delete")

_PATH_PARAMETERS = {
    "project": "Name of the project.",
    "job": "Id of the job, such as `train-x1y2z3`.",
    "role": "Role of the replica, such as `worker`.",
    "index": "Number of the replica within its role, from 0.",
}

_REFUSALS = {
    400: "The public key cannot be used.",
    401: "There is no token, or the hub does not know it.",
    403: "The token's scopes, the caller's role or the ownership do not suffice.",
    404: "There is no such project, job or replica for the caller.",
    409: "It cannot be done in the present state.",
    413: "The body is too large.",
    422: "Something in the request must change; `fields` says what.",
    429: "The caller has, or asks for, too much. `Retry-After` says when to try again.",
    502: "Kubernetes refused or failed.",
    503: "The hub or Kubernetes does not answer. Try again.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One verb of one path of the service."""

    verb: str
    path: str
    """With the parameters' names in braces."""

    parameters: tuple[str, ...]
    handler: str


def list_endpoints(application: Application) -> list[Endpoint]:
    """Return every verb of every route, in the order of the route table."""
    return [
        endpoint
        for rule in application.wildcard_router.rules
        if isinstance(rule.matcher, PathMatches)
        for endpoint in _endpoints_of(rule.matcher.regex.pattern, rule.target)
    ]


def unwired_application() -> Application:
    """Return the application's routes; nothing behind them works."""
    nothing: Any = None
    return build_application(PREFIX, nothing)


def build_document(application: Application | None = None) -> Schema:
    """Return the OpenAPI 3.1 document.

    Args:
        application: Whose routes are described; the service's own by default.

    Raises:
        KeyError: A route has no entry in ``OPERATIONS``.
    """
    paths: dict[str, Schema] = {}
    for endpoint in list_endpoints(application or unwired_application()):
        operation = OPERATIONS[endpoint.handler, endpoint.verb]
        described = _describe(endpoint, operation)
        paths.setdefault(endpoint.path, {})[endpoint.verb] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Training service of Mofang",
            "version": version("mofang-hub"),
            "description": (
                "Paths are beneath the hub's address. Every refusal is a message that "
                "says what was wrong and what to do."
            ),
        },
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "`token` and a token of the hub.",
                }
            },
            "schemas": build_schemas(),
        },
    }


def _endpoints_of(pattern: str, handler: type[RequestHandler]) -> Iterator[Endpoint]:
    for verb in VERBS:
        method = getattr(handler, verb)
        if method is getattr(RequestHandler, verb):
            continue
        names = tuple(inspect.signature(method).parameters)[1:]
        yield Endpoint(
            verb=verb,
            path=_template(pattern, names),
            parameters=names,
            handler=handler.__name__,
        )


def _template(pattern: str, names: tuple[str, ...]) -> str:
    """Return a route's pattern with names in place of its groups."""
    path, depth, waiting = "", 0, list(names)
    for part in re.findall(r"\(\?:|\(|\)|\[[^\]]*\]|\\.|.", pattern.rstrip("$")):
        if part.startswith("("):
            if depth == 0:
                path += f"{{{waiting.pop(0)}}}"
            depth += 1
        elif part == ")":
            depth -= 1
        elif depth == 0:
            path += part.removeprefix("\\")
    return path


def _describe(endpoint: Endpoint, operation: Operation) -> Schema:
    parameters = [
        {"name": name, "in": "path", "required": True}
        | {"schema": TEXT, "description": _PATH_PARAMETERS[name]}
        for name in endpoint.parameters
    ]
    parameters += [
        {"name": name, "in": "query", "schema": schema, "description": text}
        for name, (schema, text) in operation.query.items()
    ]
    parameters += [
        {"name": name, "in": "header", "required": True}
        | {"schema": TEXT, "description": text}
        for name, text in operation.headers.items()
    ]
    found: Schema = {
        "summary": operation.summary,
        "operationId": f"{endpoint.verb}{endpoint.handler.removesuffix('Handler')}",
        "parameters": parameters,
        "responses": _responses(operation),
    }
    if operation.description:
        found["description"] = operation.description
    if operation.scope:
        found["x-scope"] = operation.scope
    else:
        found["security"] = []
    if operation.body is not None:
        content = {"application/json": {"schema": _schema_of(operation.body)}}
        found["requestBody"] = {"required": True, "content": content}
    return found


def _responses(operation: Operation) -> Schema:
    done: Schema = {"description": operation.summary}
    if operation.answer_headers:
        done["headers"] = {
            name: {"schema": TEXT, "description": text}
            for name, text in operation.answer_headers.items()
        }
    is_empty = operation.status in {101, 204}
    if not is_empty:
        schema = TEXT if operation.answer is None else _schema_of(operation.answer)
        done["content"] = {operation.media: {"schema": schema}}
    error = {"application/json": {"schema": _schema_of(ErrorBody)}}
    refusals = {
        str(status): {"description": _REFUSALS[status], "content": error}
        for status in operation.refusals
    }
    return {str(operation.status): done, **refusals}


def _schema_of(answer: type[BaseModel] | Schema) -> Schema:
    if isinstance(answer, dict):
        return answer
    return {"$ref": f"#/components/schemas/{answer.__name__}"}
