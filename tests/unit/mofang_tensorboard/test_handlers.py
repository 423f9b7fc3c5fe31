import inspect

import pytest

from mofang_tensorboard.app import HANDLERS
from mofang_tensorboard.handlers import InstanceHandler, InstancesHandler
from mofang_tensorboard.view import ViewHandler

VERBS = [
    (InstancesHandler, "get"),
    (InstancesHandler, "post"),
    (InstanceHandler, "get"),
    (InstanceHandler, "delete"),
    (ViewHandler, "get"),
    (ViewHandler, "head"),
    (ViewHandler, "post"),
]


@pytest.mark.parametrize(("handler", "verb"), VERBS)
def test_every_verb_asks_who_it_is_and_whether_they_may(
    handler: type, verb: str
) -> None:
    lines = inspect.getsource(handler).split(f"def {verb}(")[0].splitlines()
    decorators = [line.strip() for line in lines[-4:]]
    assert "@web.authenticated" in decorators
    assert any(line.startswith("@authorized") for line in decorators)
    assert handler.auth_resource == "mofang:tensorboard"


def test_all_handlers_are_looked_at() -> None:
    assert {handler for _, handler in HANDLERS} == {handler for handler, _ in VERBS}
    own = {
        (handler, verb)
        for _, handler in HANDLERS
        for verb in ("get", "head", "post", "put", "patch", "delete", "options")
        if verb in vars(handler)
    }
    assert own == set(VERBS)
