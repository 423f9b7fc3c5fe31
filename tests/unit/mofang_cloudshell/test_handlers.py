import inspect

import pytest
from unit.mofang_cloudshell.conftest import Shells
from unit.mofang_training.notebook import Notebook

from mofang_cloudshell.handlers import HANDLERS, ShellSocket, TerminalHandler


@pytest.mark.parametrize(
    ("handler", "verb", "authenticated"),
    [
        pytest.param(ShellSocket, "get", "@ws_authenticated", id="WS"),
        pytest.param(TerminalHandler, "delete", "@web.authenticated", id="DELETE"),
    ],
)
def test_every_verb_asks_who_it_is_and_whether_they_may(
    handler: type, verb: str, authenticated: str
) -> None:
    lines = inspect.getsource(handler).split(f"def {verb}(")[0].splitlines()
    decorators = [line.strip() for line in lines[-4:]]
    assert authenticated in decorators
    assert any(line.startswith("@authorized") for line in decorators)
    assert handler.auth_resource == "mofang:shell"


def test_all_handlers_are_looked_at() -> None:
    assert {handler for _, handler in HANDLERS} == {ShellSocket, TerminalHandler}
    own = {
        (handler.__name__, verb)
        for _, handler in HANDLERS
        for verb in ("get", "head", "post", "put", "patch", "delete")
        if verb in vars(handler)
    }
    assert own == {("ShellSocket", "get"), ("TerminalHandler", "delete")}


async def test_strangers_end_nothing(notebook: Notebook, shells: Shells) -> None:
    async with notebook.client(token="wrong") as stranger:
        answer = await stranger.delete("mofang/cloudshell/api/terminals/a:worker:0")
    assert answer.status_code == 403
