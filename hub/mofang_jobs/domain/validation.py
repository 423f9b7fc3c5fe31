"""What a job may ask for beyond the shape of its form. Pure.

Each check returns sentences by field, so that a person hears of all faults at once.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from mofang_api.models import JobSpec
from mofang_api.models.delivery import S3_SCHEME, SOURCE_SCHEME
from mofang_api.quantities import format_bytes, parse_quantity
from mofang_jobs.domain.resource_requests import (
    CPU,
    DISK_LIMIT,
    GPU,
    MEMORY,
    NO_DISKS,
    PODS,
    Disks,
    resource_requests,
)
from mofang_spawner.data_sources.models import ROOT
from mofang_spawner.environments.models import Project
from mofang_spawner.volumes.grants import HOME

FieldErrors = dict[str, str]

IN_IMAGE = "/opt"
"""Where images bring programs of their own, such as the platform's examples."""


def check_paths(spec: JobSpec, project: str) -> FieldErrors:
    """Check that script and working directory are where every replica sees them."""
    roots = (HOME, f"/projects/{project}", "/global")
    named = ", ".join(roots[:-1]) + f" and {roots[-1]}"
    unseen = f"Replicas see nothing of your server but {named}. Choose a path there."
    faults: FieldErrors = {}
    if not _is_below(spec.working_directory, roots):
        faults["working_directory"] = unseen
    else:
        for field, path in _files(spec):
            # An absolute path replaces the working directory in the join.
            whole = posixpath.join(spec.working_directory, path)
            if not _is_below(whole, (*roots, IN_IMAGE, ROOT), inside=True):
                faults[field] = unseen
    for field, path in _data_paths(spec):
        if not _is_below(path, roots, inside=True):
            faults[field] = unseen
    return faults


def _files(spec: JobSpec) -> Iterator[tuple[str, str]]:
    if spec.script:
        yield "script", spec.script
    if spec.requirements:
        yield "requirements", spec.requirements


def lies_in_source(path: str) -> bool:
    """Whether the path is that of a data source, which ``check_sources`` judges."""
    is_url = path.startswith((SOURCE_SCHEME, S3_SCHEME))
    return is_url or _is_below(path, (ROOT,))


def _data_paths(spec: JobSpec) -> Iterator[tuple[str, str]]:
    for number, place in enumerate(spec.inputs):
        if not lies_in_source(place.path):
            yield f"inputs.{number}.path", place.path
    for number, output in enumerate(spec.outputs):
        if not lies_in_source(output.path):
            yield f"outputs.{number}.path", output.path
    if spec.code:
        yield "code.directory", f"{spec.code.directory}/."


def _is_below(path: str, roots: Iterable[str], *, inside: bool = False) -> bool:
    plain = posixpath.normpath(path)
    if plain.startswith("//"):
        plain = plain[1:]
    return any(
        plain.startswith(f"{root}/") or (plain == root and not inside) for root in roots
    )


def check_quota(
    spec: JobSpec, project: Project, disks: Disks = NO_DISKS
) -> FieldErrors:
    """Check that the job fits into the project's quota when nothing else runs.

    Args:
        spec: The job.
        project: With its quota.
        disks: What a replica of each role gets of its node's disk.
    """
    quota, asked = project.quota, resource_requests(spec, disks=disks)
    faults = {
        "cpu": _over(quota.get("cpu"), asked[CPU], _cores),
        "memory": _over(quota.get("memory"), asked[MEMORY], _memory),
        "gpu": _over(quota.get("gpu"), asked[GPU], _gpus),
    }
    count = int(asked[PODS])
    less = "Ask for less." if count == 1 else "Ask for less, or for fewer replicas."
    messages = {
        f"resources.{name}": (
            f"The job needs {fault[0]}; the quota of {project.display_name} is "
            f"{fault[1]}. {less}"
        )
        for name, fault in faults.items()
        if fault
    }
    disk = _over(quota.get("ephemeralStorage"), asked[DISK_LIMIT], _disk)
    if disk:
        messages["replicas"] = (
            f"The job needs {disk[0]}, /cache included; the quota of "
            f"{project.display_name} is {disk[1]}. Ask for fewer replicas, or for a "
            "smaller /cache."
        )
    pods = quota.get("pods")
    if pods is not None and count > int(pods):
        messages["replicas"] = (
            f"The job needs {count} pods; the quota of {project.display_name} is "
            f"{pods}. Ask for fewer replicas."
        )
    return messages


def _over(
    limit: object, asked: Decimal, shown: Callable[[Decimal], str]
) -> tuple[str, str] | None:
    """Name what is asked and what is allowed; None where that is enough."""
    if limit is None:
        return None
    allowed = parse_quantity(str(limit))
    if asked <= allowed:
        return None
    return shown(_plain(asked)), shown(_plain(allowed))


def _cores(amount: Decimal) -> str:
    return f"{amount:f} core{'' if amount == 1 else 's'}"


def _memory(amount: Decimal) -> str:
    return f"{format_bytes(int(amount))} of memory"


def _disk(amount: Decimal) -> str:
    return f"{format_bytes(int(amount))} of local disk"


def _gpus(amount: Decimal) -> str:
    return f"{amount:f} GPU{'' if amount == 1 else 's'}"


def _plain(amount: Decimal) -> Decimal:
    """Drop zeros behind the point: 4, not 4.000."""
    return amount.quantize(1) if amount == amount.to_integral() else amount.normalize()
