"""Which answers are successes of the attacker, which are faults of ours."""

import pytest
from attack.classification import Outcome, classify, leads_away
from attack.exchange import Answer
from attack.request import Request
from attack.scene import ANONYMOUS, COLLEAGUE, OUTSIDER, Caller, Canary, Scene

HOST = "mofang.localhost:8080"
SCENE = Scene(
    host=HOST,
    victim="ada",
    project="vision",
    other_project="speech",
    job="train-abc123",
    role="worker",
    server="vision-base",
    spec={"name": "train"},
    callers={
        role: (Caller(role=role, user=role, token="t"),)
        for role in (ANONYMOUS, OUTSIDER, COLLEAGUE)
    },
    canaries=(
        Canary(text=b"canary-log", what="the log", readers=frozenset({COLLEAGUE})),
        Canary(text=b"canary-home", what="a file"),
    ),
)


def outcome(answer, *, role=OUTSIDER, **of_request):
    request = Request(payload=b"GET / HTTP/1.1\r\n\r\n", caller=role, **of_request)
    return classify(request, answer, SCENE.callers[role][0], SCENE).outcome


@pytest.mark.parametrize(
    ("answer", "of_request", "expected"),
    [
        pytest.param(Answer(status=403), {}, Outcome.REFUSED, id="refused"),
        pytest.param(Answer(status=204), {}, Outcome.SUCCESS, id="done"),
        pytest.param(Answer(status=101), {}, Outcome.SUCCESS, id="a shell opened"),
        pytest.param(
            Answer(status=200),
            {"must_be_refused": False},
            Outcome.ALLOWED,
            id="what the caller may have",
        ),
        pytest.param(
            Answer(status=200, body=b"it says canary-log"),
            {"role": COLLEAGUE, "must_be_refused": False},
            Outcome.ALLOWED,
            id="a log to a colleague",
        ),
        pytest.param(
            Answer(status=404, body=b"canary-log"),
            {},
            Outcome.SUCCESS,
            id="a log in a refusal to an outsider",
        ),
        pytest.param(
            Answer(status=302, headers=[("X-A", "canary-home")]),
            {"role": COLLEAGUE},
            Outcome.SUCCESS,
            id="a file in a header",
        ),
        pytest.param(
            Answer(status=302, headers=[("location", "//evil.example/")]),
            {},
            Outcome.SUCCESS,
            id="a redirect away",
        ),
        pytest.param(Answer(status=500), {}, Outcome.FAULT, id="a 500"),
        pytest.param(Answer(end="closed"), {}, Outcome.FAULT, id="no answer"),
        pytest.param(
            Answer(end="closed"),
            {"may_close": True},
            Outcome.REFUSED,
            id="no answer, as documented",
        ),
        pytest.param(Answer(end="late"), {}, Outcome.FAULT, id="never"),
        pytest.param(
            Answer(status=200, end="late"),
            {"is_stream": True, "must_be_refused": False},
            Outcome.ALLOWED,
            id="a stream",
        ),
        pytest.param(
            Answer(status=400, body=b"Traceback (most recent call last):"),
            {},
            Outcome.FAULT,
            id="a traceback",
        ),
        pytest.param(
            Answer(status=400, body=b"pydantic.ValidationError: no"),
            {},
            Outcome.FAULT,
            id="an exception's class",
        ),
        pytest.param(
            Answer(status=200, body=b"<script>throw TypeError('a')</script><p>Jobs"),
            {"must_be_refused": False},
            Outcome.ALLOWED,
            id="a page's own script",
        ),
        pytest.param(
            Answer(status=200, body=b"<script></script>TypeError: a<script></script>"),
            {"must_be_refused": False},
            Outcome.FAULT,
            id="beside a page's script",
        ),
    ],
)
def test_an_answer_is_classified(answer, of_request, expected):
    assert outcome(answer, **of_request) is expected


@pytest.mark.parametrize(
    "location",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "\\/evil.example",
        "https:///evil.example",
        f"http://{HOST}@evil.example/",
        "http://mofang.localhost.evil.example/",
        "\t//evil.example",
    ],
)
def test_browsers_would_leave(location):
    assert leads_away(location, HOST)


@pytest.mark.parametrize(
    "location",
    ["", "/hub/login", f"http://{HOST}/hub/", f"http://ada.{HOST}/", "?next=//evil"],
)
def test_browsers_would_stay(location):
    assert leads_away(location, HOST) is None
