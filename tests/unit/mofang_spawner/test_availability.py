"""The condition ``ImageAvailable`` of an environment, and what is said of it."""

import pytest
from unit.mofang_spawner.conftest import (
    BUILDING,
    a_catalog,
    a_project,
    environment_body,
    without_image,
)

from mofang_kube.errors import InvalidError, NotFoundError
from mofang_spawner.environments.availability import Unavailable
from mofang_spawner.environments.models import Environment
from mofang_spawner.environments.policy import validate_environment

FAILED = {"reason": "BuildFailed", "message": "It could not be built."}


def parse(generation=None, **condition):
    body = without_image(environment_body(), **condition)
    if generation is not None:
        body["metadata"]["generation"] = generation
    return Environment.parse(body)


@pytest.mark.parametrize(
    ("condition", "generation", "is_available"),
    [
        pytest.param({}, None, False, id="false"),
        pytest.param({"status": "True"}, None, True, id="true"),
        pytest.param({"status": "Unknown"}, None, True, id="nobody knows"),
        pytest.param({"type": "Ready"}, None, True, id="another condition"),
        pytest.param({"observedGeneration": 2}, 2, False, id="of this image"),
        pytest.param({"observedGeneration": 1}, 2, True, id="of an earlier image"),
        pytest.param({}, 2, False, id="of no image in particular"),
    ],
)
def test_only_a_condition_that_is_false_now_counts(condition, generation, is_available):
    found = parse(generation, **condition).unavailable

    assert (found is None) is is_available


@pytest.mark.parametrize("status", [None, {}, {"conditions": []}])
def test_an_environment_that_nobody_judged_is_available(status):
    """An ordinary cluster pulls images itself."""
    assert Environment.parse({**environment_body(), "status": status}).unavailable is (
        None
    )


def test_a_specification_does_not_pose_as_a_status():
    body = environment_body()
    body["spec"]["unavailable"] = {"reason": "x", "message": "No."}

    assert Environment.parse(body).unavailable is None


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        pytest.param(BUILDING, BUILDING, id="a sentence"),
        pytest.param("Being\n  built", "Being built.", id="of several lines"),
        pytest.param("", "Its image is being prepared.", id="none"),
    ],
)
def test_the_message_is_one_line_and_a_sentence(message, shown):
    assert parse(message=message).unavailable == Unavailable(
        reason="Building", message=shown
    )


@pytest.mark.parametrize(
    ("condition", "label", "start", "job"),
    [
        pytest.param(
            {},
            "Preparing",
            f"Pytorch cannot be started yet. {BUILDING} Choose another",
            f"Pytorch is not available yet. {BUILDING} Submit the job again",
            id="later",
        ),
        pytest.param(
            FAILED,
            "Not available",
            "Pytorch cannot be started. It could not be built. Choose another",
            "Pytorch is not available. It could not be built. Choose another",
            id="not without an administrator",
        ),
    ],
)
def test_whether_waiting_helps_is_said(condition, label, start, job):
    found = parse(**condition).unavailable

    assert found.label == label
    assert start in found.start_refusal("Pytorch")
    assert job in found.job_refusal("Pytorch")
    assert ("again" in found.job_refusal("Pytorch")) is not found.is_failed


def test_a_start_is_refused_at_the_environment():
    with pytest.raises(InvalidError, match="cannot be started yet") as caught:
        validate_environment(parse(), "pytorch", a_project(), set(), "ada")

    assert caught.value.fields == {"environment": BUILDING}


def test_who_may_not_use_it_does_not_hear_of_its_image():
    body = without_image(environment_body(access={}))

    with pytest.raises(NotFoundError):
        validate_environment(
            Environment.parse(body), "pytorch", a_project(), set(), "ada"
        )


def test_a_change_of_the_condition_counts_at_once():
    """The catalogue follows the status as it does the specification."""
    catalog = a_catalog(environments=[without_image(environment_body())])
    assert catalog.find_environment("pytorch").unavailable

    catalog.watchers[0].put(without_image(environment_body(), status="True"))

    assert catalog.find_environment("pytorch").unavailable is None
