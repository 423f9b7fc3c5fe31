"""Requests by a description: with a seed, right and wrong, and never of an identity."""

import json
from itertools import islice
from random import Random

import pytest
from jsonschema import Draft202012Validator

from support.described_requests import DescribedRequests

BODY = {
    "type": "object",
    "properties": {"count": {"type": "integer", "minimum": 1}},
    "required": ["count"],
}
KEY = {"name": "Key", "in": "header", "required": True, "schema": {"type": "string"}}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "A test", "version": "1"},
    "security": [{"token": []}],
    "components": {
        "securitySchemes": {
            "token": {"type": "apiKey", "in": "header", "name": "Authorization"}
        }
    },
    "paths": {
        "/things/{name}": {
            "post": {
                "parameters": [
                    {"name": "name", "in": "path", "required": True}
                    | {"schema": {"type": "string"}},
                    KEY,
                ],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": BODY}},
                },
                "responses": {"default": {"description": "Any."}},
            }
        },
        "/end": {"post": {"responses": {"default": {"description": "Any."}}}},
    },
}
NAMES = {"name": ("known",)}


def drawn(seed, count=120):
    described = DescribedRequests(DOCUMENT, NAMES, excluded=frozenset({"/end"}))
    return list(islice(described.draw(Random(seed), 5), count))


def is_right(request):
    try:
        model = json.loads(request.body or b"")
    except ValueError:
        return False
    return Draft202012Validator(BODY).is_valid(model)


@pytest.fixture(scope="module")
def requests():
    return drawn(1)


def test_a_seed_gives_the_same_requests_again(requests):
    assert drawn(1) == requests
    assert drawn(2) != requests


def test_some_are_right_and_some_wrong(requests):
    right = [each for each in requests if is_right(each)]

    assert 20 < len(right) < 100


def test_what_is_known_is_asked_for_and_other_things_too(requests):
    known = [each for each in requests if each.target == "/things/known"]

    assert 20 < len(known) < 100
    assert {each.path for each in requests} == {"/things/{name}"}


def test_headers_are_those_of_the_description(requests):
    names = {name for each in requests for name, _ in each.headers}

    assert "Key" in names
    assert {"authorization", "cookie"}.isdisjoint(name.lower() for name in names)
    assert not any("schemathesis" in name.lower() for name in names)


def test_no_header_ends_its_line(requests):
    assert not any("\n" in text for each in requests for _, text in each.headers)
