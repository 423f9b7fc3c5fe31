"""A start that is refused is a sentence in the log, and no traceback."""

import inspect
import logging

import pytest
from jupyterhub.spawner import Spawner
from unit.hub_pages.hub import running_hub

from mofang_hub.pages.refusals import REFUSAL_FILTER
from mofang_kube.errors import ConflictError, QuotaError
from mofang_spawner.failures import refusal


@pytest.fixture
def logged(caplog):
    """Lines of the log when JupyterHub writes that a start failed by an error."""
    logger = logging.getLogger("hub of this test")
    logger.addFilter(REFUSAL_FILTER)

    def fail(error):
        try:
            raise error
        except type(error):
            logger.exception("Exception applying user_options for %s", "ada:a")
        logger.error("Not starting ada's server a: %s", error)
        return caplog.messages

    return fail


@pytest.mark.parametrize("error", [ConflictError("No."), QuotaError("Too much.")])
def test_a_refusal_is_a_sentence(logged, error):
    lines = logged(refusal(error))

    assert len(lines) == 1
    assert error.message in lines[0]


def test_a_fault_keeps_its_traceback(logged):
    assert len(logged(RuntimeError("broken"))) == 2


def test_jupyterhub_still_logs_it_in_these_words():
    """Else the filter is to be changed, or to go."""
    source = inspect.getsource(Spawner._run_apply_user_options)
    assert 'self.log.exception("Exception applying user_options' in source


async def test_the_hub_has_the_filter(tmp_path):
    async with running_hub(tmp_path) as hub:
        assert REFUSAL_FILTER in hub.hub.log.filters
