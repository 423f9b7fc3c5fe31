"""Conditions that the training service sets on jobs: what it decided, and since when.

They stand in annotations of the job's object, since the status of an object is its
operator's: a service that starts, and a copy that does not lead, read what the leader
decided. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from mofang_api.models import RestartRecord
from mofang_kube.names import CONDITIONS_ANNOTATION, FAILURE_ANNOTATION

MOST_CHARACTERS = 1000
"""Of a message; messages are shorter, but some quote other people's text."""

MOST_CONDITIONS = 16
"""Of a job, however many an annotation that was edited by hand has."""


class ConditionType(StrEnum):
    """What can be wrong with a job in a way that its operator does not know."""

    RESTART_REFUSED = "RestartRefused"
    """It is not restarted although its rules say so."""

    HANGING = "Hanging"
    """It makes no progress."""

    NODE_LOST = "NodeLost"
    """A node that it runs on does not answer."""

    UNSCHEDULABLE = "Unschedulable"
    """It was admitted, and none of its pods finds a node."""

    ADMISSION_FAILED = "AdmissionFailed"
    """The queue admitted it, and Kubernetes refused that."""


class Condition(BaseModel):
    """One condition, with the fields of a condition in Kubernetes.

    What is not there does not hold: there is no status beside it.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    type: str = Field(max_length=60)
    """A ``ConditionType``, or what a newer version of the service has set."""

    message: str = Field(default="", max_length=MOST_CHARACTERS)
    """One sentence for the job's owner."""

    since: AwareDatetime = Field(alias="lastTransitionTime")
    """When it began."""

    updated: AwareDatetime = Field(alias="lastUpdateTime")
    """When its message was last another one."""


def bounded(message: str) -> str:
    """Return a message, cut where it is too long to be kept."""
    is_long = len(message) > MOST_CHARACTERS
    return f"{message[: MOST_CHARACTERS - 1]}…" if is_long else message


def read_conditions(annotations: Mapping[str, str]) -> tuple[Condition, ...]:
    """Return the conditions that annotations keep; what is unreadable is left out."""
    return _read_conditions(annotations.get(CONDITIONS_ANNOTATION, ""))


def read_failure(annotations: Mapping[str, str]) -> RestartRecord | None:
    """Return why a job failed, as it was established while its pods were there."""
    return _read_failure(annotations.get(FAILURE_ANNOTATION, ""))


def build_annotations(
    conditions: Iterable[Condition], failure: RestartRecord | None
) -> dict[str, str | None]:
    """Return the annotations that keep conditions and a failure.

    Args:
        conditions: All that hold.
        failure: Why the job failed, if that is known.

    Returns:
        Values by name; None where there is to be no annotation.
    """
    parts = [each.model_dump_json(by_alias=True) for each in conditions]
    record = failure.model_dump_json(exclude_defaults=True) if failure else None
    return {
        CONDITIONS_ANNOTATION: f"[{','.join(parts)}]" if parts else None,
        FAILURE_ANNOTATION: record,
    }


def change_conditions(
    conditions: Iterable[Condition], changes: Mapping[str, Condition | None]
) -> tuple[Condition, ...]:
    """Return conditions after changes by type; None for what holds no longer."""
    kept: dict[str, Condition | None] = {each.type: each for each in conditions}
    return tuple(each for each in {**kept, **changes}.values() if each)


def begin(kind: ConditionType, message: str, now: datetime) -> Condition:
    """Return a condition that begins to hold.

    Args:
        kind: Its type.
        message: For people; shortened to ``MOST_CHARACTERS``.
        now: Both of its times.
    """
    return Condition(
        type=kind, message=bounded(message), lastTransitionTime=now, lastUpdateTime=now
    )


@lru_cache(maxsize=1024)
def _read_conditions(text: str) -> tuple[Condition, ...]:
    try:
        content = json.loads(text) if text else []
    except (ValueError, RecursionError):
        return ()
    found: dict[str, Condition] = {}
    for each in content[:MOST_CONDITIONS] if isinstance(content, list) else ():
        try:
            condition = Condition.model_validate(each)
        except ValidationError:
            continue
        found[condition.type] = condition
    return tuple(found.values())


@lru_cache(maxsize=1024)
def _read_failure(text: str) -> RestartRecord | None:
    try:
        return RestartRecord.model_validate_json(text) if text else None
    except ValidationError:
        return None
