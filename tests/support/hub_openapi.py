"""JupyterHub's REST API as an OpenAPI document: it has none in its package.

Paths and verbs come from the handlers that the hub has, bodies from the models by which
it checks them, and parameters of queries from the table here.
"""

import inspect
import re
from collections.abc import Iterator
from typing import Any

from jupyterhub import __version__
from jupyterhub.apihandlers import default_handlers
from tornado.web import RequestHandler

from mofang_hub.pages import log_in_page, servers
from mofang_hub.pages.api_bodies import body_of

PREFIX = "/hub"
VERBS = ("get", "post", "put", "patch", "delete")
_OPTIONAL = "(?:/([^/]+))?"
_GROUP = re.compile(r"\(\[\^/\][+*]\)")
_TEXT = {"type": "string"}
_NUMBER = {"anyOf": [{"type": "integer"}, {"enum": [2**63, -(2**63) - 1, 10**40]}]}
_PAGE = {"offset": _NUMBER, "limit": _NUMBER}


def _known(*texts: str) -> dict[str, Any]:
    """Return the schema of a text that is often one of these."""
    return {"anyOf": [{"enum": list(texts)}, _TEXT]}


_CLIENT = {
    "client_id": _known("service-training", "jupyterhub"),
    "redirect_uri": _known("/services/training/oauth_callback"),
}

QUERIES: dict[tuple[str, str], dict[str, Any]] = {
    ("UserListAPIHandler", "get"): {
        **_PAGE,
        "state": {"enum": ["active", "ready", "inactive"]},
        "name_filter": _TEXT,
        "sort": {"enum": ["id", "name", "last_activity", "-id", "-name"]},
        "include_stopped_servers": {"enum": ["0", "1"]},
    },
    ("UserAPIHandler", "get"): {"include_stopped_servers": _TEXT},
    ("SelfAPIHandler", "get"): {"include_stopped_servers": _TEXT},
    ("GroupListAPIHandler", "get"): _PAGE,
    ("ProxyAPIHandler", "get"): _PAGE,
    ("UserShareListAPIHandler", "get"): _PAGE,
    ("GroupShareListAPIHandler", "get"): _PAGE,
    ("ServerShareAPIHandler", "get"): _PAGE,
    ("ServerShareCodeAPIHandler", "get"): _PAGE,
    ("ServerShareCodeAPIHandler", "delete"): {"code": _TEXT, "id": _TEXT},
    ("OAuthAuthorizeHandler", "get"): {
        **_CLIENT,
        "response_type": _known("code"),
        "scope": _TEXT,
        "state": _TEXT,
    },
}
"""By the name of JupyterHub's handler and the verb."""

FORMS: dict[tuple[str, str], dict[str, Any]] = {
    ("OAuthTokenHandler", "post"): {
        **_CLIENT,
        "grant_type": _known("authorization_code", "refresh_token"),
        "client_secret": _TEXT,
        "code": _TEXT,
        "scope": _TEXT,
    },
    ("OAuthAuthorizeHandler", "post"): {**_CLIENT, "scopes": _TEXT},
}
"""Fields that are read from a form, likewise."""

_HIDDEN = {
    "CookieAPIHandler": ["cookie_name", "cookie_value"],
    "TokenAPIHandler": ["token"],
}
"""Names of parameters where a decorator hides the method."""


def api_handlers() -> list[tuple[str, type[RequestHandler]]]:
    """Return pattern and handler of each path of the API; ours come before others."""
    ours = [*log_in_page.HANDLERS, *servers.HANDLERS]
    found: dict[str, type[RequestHandler]] = {}
    for pattern, handler, *_ in (*ours, *default_handlers):
        if pattern.startswith("/api"):
            found.setdefault(pattern, handler)
    return list(found.items())


def build_document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document."""
    paths: dict[str, dict[str, Any]] = {}
    schemas: dict[str, Any] = {}
    for pattern, handler in api_handlers():
        for path in _paths(pattern):
            for verb in _verbs(handler):
                described = _describe(path, handler, verb, schemas)
                if described is not None:
                    paths.setdefault(described[0], {})[verb] = described[1]
    return {
        "openapi": "3.1.0",
        "info": {"title": "JupyterHub's REST API", "version": __version__},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _paths(pattern: str) -> list[str]:
    """Return a route's pattern without what may be left out, and with it."""
    pattern = pattern.removesuffix("/?")
    if _OPTIONAL not in pattern:
        return [pattern]
    return [pattern.replace(_OPTIONAL, each) for each in ("", "/([^/]+)")]


def _verbs(handler: type[RequestHandler]) -> Iterator[str]:
    for verb in VERBS:
        if getattr(handler, verb) is not getattr(RequestHandler, verb):
            yield verb


def _describe(
    path: str,
    handler: type[RequestHandler],
    verb: str,
    schemas: dict[str, Any],
) -> tuple[str, dict[str, Any]] | None:
    """Return an operation with its path; None if the verb takes other parameters."""
    method = inspect.unwrap(getattr(handler, verb))
    parameters = (
        _HIDDEN.get(handler.__name__)
        or [each.lstrip("_") for each in inspect.signature(method).parameters][1:]
    )
    count = len(_GROUP.findall(path))
    if count > len(parameters):
        return None
    parameters = parameters[:count]
    for each in parameters:
        path = _GROUP.sub(f"{{{each}}}", path, count=1)
    operation: dict[str, Any] = {
        "operationId": f"{verb} {path}",
        "parameters": [
            {"name": each, "in": "path", "required": True, "schema": _TEXT}
            for each in parameters
        ],
        "responses": {"default": {"description": "Any."}},
    }
    operation["parameters"] += [
        {"name": each, "in": "query", "schema": schema}
        for each, schema in _of(QUERIES, handler, verb).items()
    ]
    body = body_of(handler, verb.upper())
    if body is not None:
        model = body.model_json_schema(
            ref_template="#/components/schemas/{model}", mode="validation"
        )
        schemas.update(model.pop("$defs", {}))
        schemas[body.__name__] = model
        schema = {"$ref": f"#/components/schemas/{body.__name__}"}
        operation["requestBody"] = {"content": {"application/json": {"schema": schema}}}
    if fields := _of(FORMS, handler, verb):
        schema = {"type": "object", "properties": fields}
        form = {"application/x-www-form-urlencoded": {"schema": schema}}
        operation["requestBody"] = {"content": form}
    return f"{PREFIX}{path}", operation


def _of(
    table: dict[tuple[str, str], dict[str, Any]],
    handler: type[RequestHandler],
    verb: str,
) -> dict[str, Any]:
    """Return what the table has of a handler, or of the one that it extends."""
    names = [each.__name__ for each in handler.__mro__]
    return next((table[each, verb] for each in names if (each, verb) in table), {})
