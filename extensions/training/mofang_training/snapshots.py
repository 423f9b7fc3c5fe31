"""Copy a directory of code for a job; refusals are in the wire's form."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

Answer = tuple[HTTPStatus, dict[str, Any]]

WRONG_BODY = 'Send the directory to copy, as {"directory": "/home/jovyan/code"}.'


def snapshot(body: bytes) -> Answer:
    """Copy the directory that a request's body names.

    Returns:
        Status and content of the answer: a CodeSource, or why there is none.
    """
    # Start-up time of every server counts.
    from mofang.errors import ConfigurationError, InvalidError  # noqa: PLC0415
    from mofang.snapshot import create_snapshot  # noqa: PLC0415

    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        asked = None
    directory = asked.get("directory") if isinstance(asked, dict) else None
    if not isinstance(directory, str) or not directory or "\0" in directory:
        return _refused(WRONG_BODY, {"directory": WRONG_BODY})
    try:
        source = create_snapshot(directory)
    except InvalidError as err:
        return _refused(str(err), dict(err.fields))
    except ConfigurationError as err:
        return _refused(str(err), {})
    return HTTPStatus.CREATED, source.model_dump(mode="json")


def _refused(message: str, fields: dict[str, str]) -> Answer:
    body = {"error": "invalid", "message": message, "fields": fields}
    return HTTPStatus.UNPROCESSABLE_ENTITY, body
