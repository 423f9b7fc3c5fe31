"""Ids of jobs: readable, unique, and safe wherever they end up. Pure but for chance."""

from __future__ import annotations

import re
import secrets
import string
import unicodedata

_ALPHABET = string.ascii_lowercase + string.digits
_SUFFIX_LENGTH = 6
_SLUG_LENGTH = 20

_ROLE = re.compile(r"[a-z]([a-z0-9-]{0,30}[a-z0-9])?")


def new_job_id(name: str) -> str:
    """Return an id that begins like the job's name and was never used before.

    It is the name of the operator's object: a DNS label that starts with a letter.
    """
    suffix = "".join(secrets.choice(_ALPHABET) for _ in range(_SUFFIX_LENGTH))
    return f"{name_slug(name)}-{suffix}"


def name_slug(name: str) -> str:
    """Return what of a job's name fits into a DNS label; ``job`` if nothing does."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).lstrip("-0123456789")
    return slug[:_SLUG_LENGTH].strip("-") or "job"


def is_role(text: str) -> bool:
    """Say whether a text could be the name of a role, and so is safe in a path."""
    return _ROLE.fullmatch(text) is not None
