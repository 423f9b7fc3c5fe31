"""The description of JupyterHub's REST API has what its handlers read."""

import inspect
import re

import pytest
from jupyterhub.apihandlers import default_handlers
from jupyterhub.apihandlers.base import APIHandler

from mofang_hub.pages.api_bodies import BODIES
from support.hub_openapi import PREFIX, QUERIES, VERBS, api_handlers, build_document

DOCUMENT = build_document()
ASKED = re.compile(r"get_arguments?\(\s*[\"'](\w+)[\"']")
OF_ALL = {
    "get_api_pagination": {"offset", "limit"},
    "_share_list_model": {"offset", "limit"},
}
NOT_IN_A_QUERY = {"scopes"}
"""Fields of the form on the page of an authorization."""


def operations():
    return [
        (path, verb, operation)
        for path, verbs in DOCUMENT["paths"].items()
        for verb, operation in verbs.items()
    ]


@pytest.mark.parametrize("pattern", [pattern for pattern, *_ in default_handlers])
def test_every_path_of_jupyterhub_is_described(pattern):
    found = [
        path
        for path in DOCUMENT["paths"]
        if re.fullmatch(PREFIX + pattern, re.sub(r"\{\w+\}", "x", path))
    ]
    assert found


def test_every_verb_is_described():
    for pattern, handler in api_handlers():
        described = {
            verb
            for path, verb, _ in operations()
            if re.fullmatch(PREFIX + pattern, re.sub(r"\{\w+\}", "x", path))
        }
        served = {
            verb for verb in VERBS if verb in vars(handler) or _inherits(handler, verb)
        }
        assert served == described, pattern


def _inherits(handler, verb):
    bases = [each for each in handler.__mro__ if each.__module__.startswith("jupyterh")]
    return any(verb in vars(each) for each in bases)


def test_every_parameter_of_a_path_is_described_once():
    for path, _, operation in operations():
        names = [each["name"] for each in operation["parameters"]]
        in_path = [
            each["name"] for each in operation["parameters"] if each["in"] == "path"
        ]
        assert sorted(in_path) == sorted(re.findall(r"\{(\w+)\}", path))
        assert len(names) == len(set(names))


def test_queries_are_those_that_jupyterhub_reads():
    for _, handler in api_handlers():
        for verb in VERBS:
            method = next(
                (vars(each)[verb] for each in handler.__mro__ if verb in vars(each)),
                None,
            )
            if method is None or not issubclass(handler, APIHandler):
                continue
            source = inspect.getsource(inspect.unwrap(method))
            read = set(ASKED.findall(source)) - NOT_IN_A_QUERY
            for name, parameters in OF_ALL.items():
                if name in source:
                    read |= parameters
            described = {
                each
                for kind in handler.__mro__
                for each in QUERIES.get((kind.__name__, verb), ())
            }
            assert read <= described, (handler, verb)


def test_bodies_are_those_that_jupyterhub_reads():
    """Whoever adds one to JupyterHub is told here."""
    found = {
        (handler, verb.upper())
        for _, handler in default_handlers
        for verb in VERBS
        if verb in vars(handler)
        and "json_body()" in inspect.getsource(inspect.unwrap(vars(handler)[verb]))
    }
    assert found == set(BODIES)
