"""Copies of code for jobs, in this server's home; refusals are in the wire's form."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any

from mofang_training.service import TrainingServiceClient

Answer = tuple[HTTPStatus, dict[str, Any]]

WRONG_BODY = 'Send the directory to copy, as {"directory": "/home/jovyan/code"}.'
GONE = (
    "The code that the earlier job ran is not kept in your home. Copy it as it is now, "
    "or use the code in place."
)


def snapshot(body: bytes, project: str) -> Answer:
    """Copy the directory that a request's body names, for a job of a project.

    Returns:
        Status and content of the answer: a CodeSource, or why there is none.
    """
    # Start-up time of every server counts.
    from mofang.archives import use_snapshot  # noqa: PLC0415
    from mofang.errors import ConfigurationError, InvalidError  # noqa: PLC0415
    from mofang.snapshot import create_snapshot  # noqa: PLC0415

    directory = _object(body).get("directory")
    if not isinstance(directory, str) or not directory or "\0" in directory:
        return _refused(WRONG_BODY, {"directory": WRONG_BODY})
    try:
        source = create_snapshot(directory, home=Path.home())
    except InvalidError as err:
        return _refused(str(err), dict(err.fields))
    except ConfigurationError as err:
        return _refused(str(err), {})
    with suppress(OSError):
        # Said once more, and seriously, when the job is submitted.
        use_snapshot(source.snapshot, project, Path.home())
    return HTTPStatus.CREATED, source.model_dump(mode="json")


def has_code(body: bytes) -> bool:
    """Say whether a job runs a copy of code."""
    return _code(body) is not None


def keep_code(body: bytes, project: str) -> Answer | None:
    """Note that a job of a project needs its copy of code, before it is submitted.

    Returns:
        Why the job cannot be; None if all is well, or the service's to judge.
    """
    from mofang.archives import use_snapshot  # noqa: PLC0415 - as above

    code = _code(body)
    if code is None:
        return None
    try:
        use_snapshot(code, project, Path.home())
    except FileNotFoundError:
        return _refused(f"The job was not submitted. {GONE}", {"code": GONE})
    except OSError as err:
        said = f"The copy of the code cannot be used: {err}. Make room in your home."
        return _refused(said, {"code": said})
    return None


def tidy(service: TrainingServiceClient) -> None:
    """Remove old copies of code that no job needs; on any doubt they stay."""
    from mofang.client import Client  # noqa: PLC0415 - as above
    from mofang.errors import MofangError  # noqa: PLC0415

    with (
        suppress(MofangError),
        Client(url=service.url, token=service.token, project=service.project) as client,
    ):
        client.collect_snapshots()


def _code(body: bytes) -> str | None:
    source = _object(body).get("code")
    code = source.get("snapshot") if isinstance(source, dict) else None
    is_hash = isinstance(code, str) and re.fullmatch(r"[0-9a-f]{64}", code)
    return code if is_hash else None


def _object(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _refused(message: str, fields: dict[str, str]) -> Answer:
    body = {"error": "invalid", "message": message, "fields": fields}
    return HTTPStatus.UNPROCESSABLE_ENTITY, body
