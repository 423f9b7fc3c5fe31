"""Requests by descriptions: whom they may hurt, and what is undone after them."""

import json
from urllib.parse import unquote

import pytest
from attack.exchange import Answer
from attack.kinds.described import HubApi, TrainingApi
from attack.request import Request
from attack.runner import generate
from attack.scene import ANONYMOUS, COLLEAGUE, OUTSIDER, VIEWER, Caller
from unit.attack.test_kinds import EVERYBODY

ME = Caller(role=OUTSIDER, user="eve", token="t")
VICTIM, PROJECT = EVERYBODY.victim, EVERYBODY.project
JOB = f"/services/training/api/projects/{PROJECT}/jobs/{EVERYBODY.job}"


def sent(attack, count=800):
    """Tuples of method, path without query, request and caller."""
    found = []
    for request, caller in generate(attack, EVERYBODY, 3, count):
        target = request.payload.split(b" ", 2)[1].decode()
        found.append((request.method, target.partition("?")[0], request, caller))
    return found


@pytest.fixture(scope="module")
def to_hub():
    return sent(HubApi())


@pytest.fixture(scope="module")
def to_training():
    return sent(TrainingApi())


def test_nobody_ends_the_hub(to_hub):
    assert not any("shutdown" in unquote(path) for _, path, _, _ in to_hub)


def test_many_are_about_the_caller(to_hub):
    own = [path for _, path, _, caller in to_hub if f"/users/{caller.user}/" in path]

    assert len(own) > 40
    assert not any(b"whoever-asks" in request.payload for _, _, request, _ in to_hub)


def test_nobody_may_have_what_is_the_victims(to_hub):
    hers = [
        request
        for _, path, request, _ in to_hub
        if path.startswith((f"/hub/api/users/{VICTIM}", f"/hub/api/shares/{VICTIM}/"))
    ]

    assert len(hers) > 20
    assert all(each.must_be_refused for each in hers)


def test_nobody_is_refused_without_a_token(to_hub):
    assert all(
        request.must_be_refused or path == "/hub/api"
        for _, path, request, caller in to_hub
        if caller.role == ANONYMOUS
    )


def test_only_members_read_the_project(to_training):
    hers = [
        (method, path, request.must_be_refused, caller.role)
        for method, path, request, caller in to_training
        if path.startswith(JOB)
    ]

    assert len(hers) > 50
    for method, path, must_be_refused, role in hers:
        reads = method == "GET" and not path.startswith((f"{JOB}/shell", f"{JOB}/ssh"))
        assert must_be_refused == (not reads or role not in (VIEWER, COLLEAGUE))


def undone(attack, method, path, status, body):
    request = Request(
        payload=f"{method} {path} HTTP/1.1\r\n\r\n".encode(),
        caller=OUTSIDER,
        method=method,
    )
    answer = Answer(status=status, body=json.dumps(body).encode())
    after = attack.follow_up(request, answer, ME, EVERYBODY)
    return after and after.payload.split(b" HTTP")[0].decode()


@pytest.mark.parametrize(
    ("method", "path", "status", "body", "expected"),
    [
        pytest.param(
            *("POST", "users/eve/tokens", 201, {"id": "a7"}),
            "DELETE /hub/api/users/eve/tokens/a7",
            id="a token",
        ),
        pytest.param(
            *("PUT", "users/eve/servers/attacked", 201, {}),
            "DELETE /hub/api/users/eve/servers/attacked",
            id="a server",
        ),
        pytest.param(
            *("PATCH", "users/eve/servers/attacked", 200, {"name": "b"}),
            "DELETE /hub/api/users/eve/servers/b",
            id="a renamed server",
        ),
        pytest.param(
            *("POST", "users/eve/server", 202, {}),
            "DELETE /hub/api/users/eve/server",
            id="a start",
        ),
        pytest.param(*("POST", "users/eve/tokens", 400, {}), None, id="refused"),
        pytest.param(*("GET", "users/eve/tokens", 200, {}), None, id="read"),
        pytest.param(*("POST", "users/eve/activity", 200, {}), None, id="activity"),
    ],
)
def test_what_was_made_in_the_hub_is_removed(method, path, status, body, expected):
    assert undone(HubApi(), method, f"/hub/api/{path}", status, body) == expected


def test_a_job_that_was_made_is_deleted():
    jobs = f"/services/training/api/projects/{PROJECT}/jobs"

    made = undone(TrainingApi(), "POST", jobs, 201, {"id": "a-1"})

    assert made == f"DELETE {jobs}/a-1"
    assert undone(TrainingApi(), "POST", f"{jobs}/preview", 200, {}) is None
