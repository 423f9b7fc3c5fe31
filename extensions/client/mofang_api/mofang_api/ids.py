"""Ids of jobs and names of roles, as they stand in URLs, files and command lines."""

from __future__ import annotations

import re

JOB_ID = r"[a-z](?:[a-z0-9-]{0,18}[a-z0-9])?-[a-z0-9]{6}"
"""A slug of the job's name and a random suffix; the name of the operator's object."""

ROLE = r"[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?"

_JOB_ID = re.compile(JOB_ID)
_ROLE = re.compile(ROLE)


def is_job_id(text: str) -> bool:
    """Return whether a text could be a job's id, and so is safe in a path."""
    return _JOB_ID.fullmatch(text) is not None


def is_role(text: str) -> bool:
    """Return whether a text could be the name of a role, and so is safe in a path."""
    return _ROLE.fullmatch(text) is not None
