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
    assert len(own_verbs()) == 8


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", "defaults"),
        ("GET", "jobs"),
        ("POST", "jobs"),
        ("GET", "jobs/watch"),
        ("GET", "jobs/train-abc123"),
        ("DELETE", "jobs/train-abc123"),
        ("POST", "jobs/train-abc123/cancel"),
        ("GET", "jobs/train-abc123/logs/worker/0"),
    ],
)
async def test_strangers_are_refused(
    notebook: Notebook, upstream: Upstream, verb: str, path: str
) -> None:
    async with notebook.client(token="wrong") as stranger:
        answer = await stranger.request(verb, f"mofang/training/api/{path}")
    assert answer.status_code == 403
    assert upstream.asked == []
