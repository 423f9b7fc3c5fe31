import inspect

import pytest
from jupyter_server.base.handlers import JupyterHandler
from unit.mofang_training.conftest import Upstream
from unit.mofang_training.notebook import Notebook

from mofang_training.handlers import HANDLERS

VERBS = ("get", "head", "post", "put", "patch", "delete")


def own_verbs() -> list[tuple[type[JupyterHandler], str]]:
    return [
        (handler, verb)
        for _, handler in HANDLERS
        for verb in VERBS
        if not inspect.getmodule(getattr(handler, verb)).__name__.startswith("tornado")
    ]


@pytest.mark.parametrize(
    ("handler", "verb"),
    [
        pytest.param(handler, verb, id=f"{verb.upper()} {handler.__name__}")
        for handler, verb in own_verbs()
    ],
)
def test_every_verb_asks_who_it_is_and_whether_they_may(
    handler: type[JupyterHandler], verb: str
) -> None:
    """A handler that forgets a decorator would lend the hub token to anybody."""
    source = inspect.getsource(handler)
    before = source.split(f"def {verb}(")[0].splitlines()[-3:]
    decorators = [line.strip() for line in before]
    assert "@web.authenticated" in decorators
    assert any(line.startswith("@authorized") for line in decorators)
    assert handler.auth_resource == "mofang:training"


def test_all_handlers_are_looked_at() -> None:
    assert len(own_verbs()) == 16


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", "defaults"),
        ("GET", "environments"),
        ("GET", "jobs"),
        ("POST", "jobs"),
        ("GET", "jobs/watch"),
        ("GET", "jobs/train-abc123"),
        ("DELETE", "jobs/train-abc123"),
        ("POST", "jobs/train-abc123/cancel"),
        ("GET", "jobs/train-abc123/logs/worker/0"),
        ("POST", "jobs/preview"),
        ("POST", "snapshots"),
        ("GET", "jobs/train-abc123/debug"),
        ("GET", "jobs/train-abc123/metrics"),
        ("GET", "jobs/train-abc123/result"),
        ("GET", "packages"),
        ("DELETE", "packages"),
    ],
)
async def test_strangers_are_refused(
    notebook: Notebook, upstream: Upstream, verb: str, path: str
) -> None:
    async with notebook.client(token="wrong") as stranger:
        answer = await stranger.request(verb, f"mofang/training/api/{path}")
    assert answer.status_code == 403
    assert upstream.asked == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param(b"", "Send the directory", id="nothing"),
        pytest.param(b"[]", "Send the directory", id="a list"),
        pytest.param(b'{"directory": 1}', "Send the directory", id="a number"),
        pytest.param(b'{"directory": "a\\u0000"}', "Send the directory", id="a NUL"),
        pytest.param(b'{"directory": "/etc"}', "/etc", id="a place of the system"),
        pytest.param(b'{"directory": "/not/there"}', "/not/there", id="no place"),
    ],
)
async def test_what_cannot_be_copied_is_refused_with_a_sentence(
    notebook: Notebook, body: bytes, said: str
) -> None:
    async with notebook.client() as client:
        answer = await client.post("mofang/training/api/snapshots", content=body)
    assert answer.status_code == 422
    assert said in answer.json()["message"] + str(answer.json()["fields"])
