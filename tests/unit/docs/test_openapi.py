"""The OpenAPI document describes the service as it is."""

import json
import re
import subprocess
import sys

import pytest
from pydantic import BaseModel
from tornado.web import Application, RequestHandler
from unit.mofang_jobs.world import IMAGE, running_world

from mofang_api import models as wire
from mofang_api.models import Job, JobSpec
from mofang_jobs.api.openapi import (
    OPERATIONS,
    build_document,
    field_docs,
    list_endpoints,
)
from mofang_jobs.api.openapi.document import PREFIX, unwired_application

DOCUMENT = build_document()

VERBS = ("get", "post", "put", "patch", "delete")


def routes():
    """Every pattern of the service, with the verbs that its handler implements."""
    return [
        (rule.matcher.regex, verb)
        for rule in unwired_application().wildcard_router.rules
        for verb in VERBS
        if getattr(rule.target, verb) is not getattr(RequestHandler, verb)
    ]


def filled_in(path):
    return path.replace("{index}", "0").replace("{", "").replace("}", "")


@pytest.mark.parametrize(
    ("pattern", "verb"), routes(), ids=lambda each: getattr(each, "pattern", each)
)
def test_every_route_of_the_service_is_described(pattern, verb):
    found = [
        path
        for path, verbs in DOCUMENT["paths"].items()
        if pattern.fullmatch(filled_in(path)) and verb in verbs
    ]
    assert found


def test_nothing_is_described_that_is_not_served():
    patterns = routes()
    for path, verbs in DOCUMENT["paths"].items():
        for verb in verbs:
            served = [
                p for p, v in patterns if v == verb and p.fullmatch(filled_in(path))
            ]
            assert served, (verb, path)


def test_every_entry_belongs_to_a_route():
    used = {(each.handler, each.verb) for each in list_endpoints(unwired_application())}
    assert used == set(OPERATIONS)


def test_a_route_without_an_entry_is_an_error():
    class NewHandler(RequestHandler):
        def get(self, project):
            """Answer."""

    application = Application([(rf"{PREFIX}/api/([a-z]+)/new", NewHandler)])
    with pytest.raises(KeyError, match="NewHandler"):
        build_document(application)


def test_each_parameter_of_a_path_is_described_once():
    for path, verbs in DOCUMENT["paths"].items():
        for operation in verbs.values():
            named = [p["name"] for p in operation["parameters"] if p["in"] == "path"]
            assert named == re.findall(r"{(\w+)}", path)


def test_each_reference_leads_somewhere():
    references = set(re.findall(r'"#/([^"]+)"', json.dumps(DOCUMENT)))
    assert references
    for reference in references:
        found = DOCUMENT
        for part in reference.split("/"):
            found = found[part]


def test_names_of_operations_are_unique():
    names = [
        operation["operationId"]
        for verbs in DOCUMENT["paths"].values()
        for operation in verbs.values()
    ]
    assert len(names) == len(set(names))


def test_only_the_health_answers_without_a_token():
    public = [
        path
        for path, verbs in DOCUMENT["paths"].items()
        for operation in verbs.values()
        if operation.get("security") == []
    ]
    assert public == [f"{PREFIX}/api/health"]


def test_a_submission_has_the_fields_of_a_specification():
    schema = DOCUMENT["components"]["schemas"]["JobSpec"]
    assert set(schema["properties"]) == set(JobSpec.model_fields)
    assert schema["required"] == ["name"]
    assert schema["additionalProperties"] is False


def test_every_model_that_is_sent_or_answered_is_there():
    known = {
        name
        for name in wire.__all__
        if isinstance(value := getattr(wire, name), type)
        and issubclass(value, BaseModel)
    }
    assert known <= set(DOCUMENT["components"]["schemas"])


def test_fields_are_described_by_their_docstrings():
    assert field_docs(Job)["reason"] == "One sentence: why it waits, or how it ended."
    schema = DOCUMENT["components"]["schemas"]["Job"]["properties"]["reason"]
    assert schema["description"] == field_docs(Job)["reason"]


def test_the_document_can_be_printed():
    command = [sys.executable, "-m", "mofang_jobs.api.openapi"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == DOCUMENT


SCOPED = [
    (verb, path, operation["x-scope"])
    for path, verbs in DOCUMENT["paths"].items()
    for verb, operation in verbs.items()
    if operation.get("x-scope", "").startswith("custom:")
    and "101" not in operation["responses"]
]


@pytest.mark.parametrize(("verb", "path", "scope"), SCOPED)
async def test_the_scope_that_is_told_is_the_one_that_is_asked_for(
    verb, path, scope, tmp_path
):
    async with running_world(tmp_path) as world:
        job = await world.submit()
        names = {"project": "vision", "job": job["id"], "role": "worker", "index": 0}
        address = path.removeprefix(PREFIX).format_map(names)
        body = {"name": "train", "image": IMAGE, "script": "train.py"}
        answer = await world.call(
            verb.upper(),
            f"{PREFIX}{address}",
            user=f"ada-without-{scope}",
            json=body if verb == "post" else None,
        )
    assert answer.status_code == 403, answer.text
    assert scope in answer.json()["message"]
