"""What the operator counts of its passes, scraped from its own port."""

import logging

import httpx
import kopf
import pytest
from prometheus_client import generate_latest

from mofang_projects.metrics import OperatorMetrics
from mofang_projects.namespaces import ForeignNamespaceError, Phase, ProjectState
from mofang_projects.pull_secrets import BadPullSecretError
from mofang_projects.reconciler import ProjectReconciler
from mofang_projects.settings import NamespaceSettings
from support.ports import free_port
from support.prometheus_lint import faults, read_scrape
from support.refusals import refusal

SETTINGS = NamespaceSettings.model_validate(
    {
        "platformNamespace": "mofang",
        "gatewayNamespace": "istio-system",
        "gatewayLabels": {"istio": "ingressgateway"},
        "storage": {"persistentVolume": {"hostPath": {"path": "/srv"}}},
    }
)
BODY = {"metadata": {"name": "vision"}, "spec": {"displayName": "Vision"}}
READY = ProjectState(phase=Phase.READY, message="Servers and jobs can be started.")
ERRORS = "mofang_project_reconcile_errors_total"
COUNT = "mofang_project_reconcile_duration_seconds_count"


class Namespaces:
    """Answers each pass with what it is given."""

    def __init__(self, answer):
        self.answer = answer

    async def reconcile(self, project, _environments):
        return await self.remove(project)

    async def remove(self, _):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Patch:
    def __init__(self):
        self.status = {}


async def run(handler, answer, body=BODY):
    """Run a handler once; return the registry and whether it is tried again."""
    metrics = OperatorMetrics()
    reconciler = ProjectReconciler(SETTINGS, metrics, namespaces=Namespaces(answer))
    try:
        await getattr(reconciler, handler)(
            body=body,
            name="vision",
            patch=Patch(),
            logger=logging.getLogger("test"),
            environments={},
        )
    except kopf.TemporaryError:
        return metrics.registry, True
    return metrics.registry, False


@pytest.mark.parametrize(
    ("answer", "reason", "is_retried"),
    [
        pytest.param(
            ForeignNamespaceError("x"), "foreign_namespace", False, id="foreign"
        ),
        pytest.param(refusal(403), "kubernetes", False, id="refused"),
        pytest.param(refusal(0), "kubernetes", True, id="no answer"),
        pytest.param(BadPullSecretError("x"), "pull_secret", True, id="pull secret"),
        pytest.param(OSError("x"), "storage", True, id="storage"),
    ],
)
async def test_a_pass_that_fails_is_counted_by_its_reason(answer, reason, is_retried):
    registry, again = await run("_reconcile", answer)

    labels = {"operation": "reconcile", "reason": reason}
    assert registry.get_sample_value(ERRORS, labels) == 1
    assert registry.get_sample_value(COUNT, {"operation": "reconcile"}) == 1
    assert again is is_retried


async def test_a_project_that_cannot_be_read_is_counted():
    body = {"metadata": {"name": "Not A Name"}, "spec": {}}
    registry, again = await run("_reconcile", READY, body)

    labels = {"operation": "reconcile", "reason": "invalid_project"}
    assert registry.get_sample_value(ERRORS, labels) == 1
    assert not again


async def test_a_pass_that_succeeds_is_timed_and_no_error():
    registry, again = await run("_reconcile", READY)

    assert registry.get_sample_value(COUNT, {"operation": "reconcile"}) == 1
    labels = {"operation": "reconcile", "reason": "kubernetes"}
    assert registry.get_sample_value(ERRORS, labels) == 0
    assert not again


@pytest.mark.parametrize(
    ("answer", "errors", "is_retried"),
    [
        pytest.param(None, 0, False, id="done"),
        pytest.param("A server runs.", 0, True, id="waits"),
        pytest.param(refusal(500), 1, True, id="refused"),
    ],
)
async def test_removals_are_counted_apart(answer, errors, is_retried):
    registry, again = await run("_remove", answer)

    labels = {"operation": "remove", "reason": "kubernetes"}
    assert registry.get_sample_value(ERRORS, labels) == errors
    assert registry.get_sample_value(COUNT, {"operation": "remove"}) == 1
    assert again is is_retried


def test_names_help_units_and_labels_are_as_prometheus_wants_them():
    families = read_scrape(generate_latest(OperatorMetrics().registry).decode())

    assert len(families) == 2
    assert faults(families) == []


def test_prometheus_reads_them_from_a_port_of_their_own():
    metrics = OperatorMetrics()
    port = free_port()
    with metrics.serving(port), httpx.Client(trust_env=False) as client:
        text = client.get(f"http://127.0.0.1:{port}/metrics").text

    assert set(read_scrape(text, "")) == {ERRORS, COUNT.removesuffix("_count")}
