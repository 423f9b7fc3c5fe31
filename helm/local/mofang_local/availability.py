"""Say in the cluster which environments have their images on this machine.

The hub and the training service read the condition ``ImageAvailable`` of an
Environment: while it is False nobody can start it, and its message is shown.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import yaml

from mofang_local.kubernetes import Kubectl

Manifest = dict[str, Any]

CONDITION = "ImageAvailable"
API_VERSION = "mofang.dev/v1alpha1"
_RESOURCE = "environments.mofang.dev"
_FIELD_MANAGER = "mofang-local"


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """Whether an image is there; ``message`` is for those who wait for it."""

    available: bool
    reason: str
    message: str


AVAILABLE = Availability(
    available=True,
    reason="Available",
    message="The image is on every node that may run it.",
)

BUILD_FAILED = Availability(
    available=False,
    reason="BuildFailed",
    message=(
        "The image could not be built on this machine. An administrator can run "
        "`make up` again, which says why."
    ),
)


def building(ready: int, total: int, minutes_left: int | None = None) -> Availability:
    """The image is being built, or its turn comes.

    Args:
        ready: How many images of the platform are built.
        total: How many there will be.
        minutes_left: Estimate until all of them are; None if there is none.
    """
    message = f"The image is being built on this machine: {ready} of {total} are ready"
    if minutes_left is not None:
        minutes = max(minutes_left, 1)
        unit = "minute" if minutes == 1 else "minutes"
        message += f", about {minutes} {unit} left"
    return Availability(available=False, reason="Building", message=f"{message}.")


def loading() -> Availability:
    """The image is built and is being copied to the nodes."""
    return Availability(
        available=False,
        reason="Loading",
        message="The image is built and is being copied to the nodes.",
    )


def write_availability(
    kubectl: Kubectl, wanted: Mapping[str, Availability]
) -> list[str]:
    """Set the condition of environments by their names; idempotent.

    Names of environments that the cluster does not have are left out: an
    installation's own values may take some off the catalogue.

    Returns:
        The names of those that changed.

    Raises:
        StartError: kubectl refused.
    """
    return _write(kubectl, _environments(kubectl), wanted)


def write_image_availability(
    kubectl: Kubectl, wanted: Mapping[str, Availability]
) -> list[str]:
    """Set the condition of every environment by what it names as its image.

    Returns:
        The names of those that changed.

    Raises:
        StartError: kubectl refused.
    """
    environments = _environments(kubectl)
    names = {
        each["metadata"]["name"]: wanted[each["spec"]["image"]]
        for each in environments
        if each["spec"]["image"] in wanted
    }
    return _write(kubectl, environments, names)


def _write(
    kubectl: Kubectl, environments: list[Manifest], wanted: Mapping[str, Availability]
) -> list[str]:
    changes = list(_changes(environments, wanted))
    if changes:
        kubectl.run(
            "apply",
            "--server-side",
            "--force-conflicts",
            "--subresource=status",
            f"--field-manager={_FIELD_MANAGER}",
            "-f",
            "-",
            stdin=yaml.safe_dump_all(changes),
        )
    return [each["metadata"]["name"] for each in changes]


def _environments(kubectl: Kubectl) -> list[Manifest]:
    found: list[Manifest] = kubectl.get(_RESOURCE)["items"]
    return found


def _changes(
    environments: Iterable[Manifest], wanted: Mapping[str, Availability]
) -> Iterable[Manifest]:
    for environment in environments:
        metadata = environment["metadata"]
        availability = wanted.get(metadata["name"])
        if availability is None:
            continue
        found = _find_condition(environment)
        condition = build_condition(availability, metadata["generation"], found)
        if condition != found:
            yield {
                "apiVersion": API_VERSION,
                "kind": "Environment",
                "metadata": {"name": metadata["name"]},
                "status": {"conditions": [condition]},
            }


def _find_condition(environment: Manifest) -> Manifest | None:
    conditions = environment.get("status", {}).get("conditions", ())
    return next((each for each in conditions if each["type"] == CONDITION), None)


def build_condition(
    availability: Availability, generation: int, before: Manifest | None
) -> Manifest:
    """The condition as of now; the time is that of the last change of its status.

    Args:
        availability: What it says.
        generation: Of the environment that it is about.
        before: The condition as it is, if it is there.
    """
    status = "True" if availability.available else "False"
    since = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if before and before["status"] == status:
        since = before["lastTransitionTime"]
    return {
        "type": CONDITION,
        "status": status,
        "observedGeneration": generation,
        "lastTransitionTime": since,
        "reason": availability.reason,
        "message": availability.message,
    }
