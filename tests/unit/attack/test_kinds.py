"""The kinds of attacks, and the tests of findings that `make attack` names."""

import re
from dataclasses import replace

import pytest
from attack.named import NAMED
from attack.registry import ATTACKS
from attack.request import chunks, compose
from attack.runner import generate, shares
from attack.scene import CALLERS, Caller
from unit.attack.test_classification import SCENE

from support.platform import REPOSITORY

EVERYBODY = replace(
    SCENE,
    callers={
        role: tuple(
            Caller(role=role, user=name, token=name * 20, cookie="a=b", xsrf="x")
            for name in ("one", "two")
        )
        for role in CALLERS
    },
)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_a_seed_gives_the_same_requests_again(attack):
    first, again, other = (
        list(generate(attack, EVERYBODY, seed, 200)) for seed in (1, 1, 2)
    )

    assert first == again
    assert first != other
    assert {request.caller for request, _ in first} == set(attack.callers)
    assert len({request.payload for request, _ in first}) > 100


def test_kinds_have_names_of_their_own():
    names = [each.name for each in ATTACKS]

    assert len(set(names)) == len(names)


def test_each_kind_gets_its_share():
    counts = shares(ATTACKS, 100_000)

    assert sum(counts.values()) == pytest.approx(100_000, rel=0.01)
    assert min(shares(ATTACKS, 1).values()) == 1


def test_a_request_is_written_as_it_is():
    written = compose(
        "GET", "/\ud800", host="a", headers=[("X", b"\xff"), ("X", "b")], body=b"{}"
    )

    assert written == (
        b"GET /\xed\xa0\x80 HTTP/1.1\r\nHost: a\r\nX: \xff\r\nX: b\r\n"
        b"Content-Length: 2\r\n\r\n{}"
    )
    assert chunks([b"abc", b""], b";a") == b"3;a\r\nabc\r\n0\r\n\r\n"


def test_every_test_of_a_finding_on_the_platform_is_named():
    page = (REPOSITORY / "docs/administrators/security.md").read_text()
    closed = set(re.findall(r"tests/(?:cluster|e2e)/\w+\.py", page))
    named = {path for paths in NAMED.values() for path in paths}

    assert closed
    assert closed <= named
    assert [path for path in named if not (REPOSITORY / path).exists()] == []
