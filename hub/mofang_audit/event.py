"""What one event of the audit log tells."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_ID = "urn:mofang:events:audit"
SCHEMA_VERSION = "1"
SCHEMA_FILE = Path(__file__).parent / "event.yaml"
"""In the form of ``jupyter_events``, by which the hub's events are validated."""

MAX_TEXT = 256
"""Of a field: names and paths that clients choose are cut."""


class AuditAction(StrEnum):
    """What is recorded."""

    LOG_IN = "log-in"
    LOG_OUT = "log-out"
    START = "start"
    STOP = "stop"
    ENTER = "enter"
    """A person's browser was given access to a server."""

    SUBMIT = "submit"
    CANCEL = "cancel"
    DELETE = "delete"
    SHELL = "shell"
    SSH = "ssh"
    SHARE = "share"
    UNSHARE = "unshare"
    CREATE_TOKEN = "create-token"  # noqa: S105 - what was done
    REVOKE_TOKEN = "revoke-token"  # noqa: S105 - likewise
    ADMINISTER = "administer"
    """Users, groups, services, routes, or the hub itself were changed."""


class AuditOutcome(StrEnum):
    """How it ended."""

    SUCCESS = "success"
    REFUSED = "refused"
    FAILED = "failed"

    @classmethod
    def of_status(cls, status: int) -> AuditOutcome:
        """Return what a status of HTTP stands for."""
        if status < HTTPStatus.BAD_REQUEST:
            return cls.SUCCESS
        if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return cls.REFUSED
        return cls.FAILED


class AuditEvent(BaseModel):
    """One event; what is not known is left out of its record."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: AuditAction
    outcome: AuditOutcome
    actor: str = ""
    actor_kind: Literal["user", "service"] = "user"
    owner: str = ""
    project: str = ""
    server: str = ""
    job: str = ""
    replica: str = ""
    session: str = ""
    seconds: float | None = Field(default=None, ge=0)
    status: int | None = None
    count: int | None = Field(default=None, ge=1)
    """Of how many events it tells; None for one."""

    request: str = ""
    address: str = ""
    forwarded_for: str = ""
    detail: str = ""

    def content(self) -> dict[str, object]:
        """Return the fields that say something, each bounded."""
        found = self.model_dump(mode="json")
        if not self.actor:
            del found["actor_kind"]
        return {
            name: value[:MAX_TEXT] if isinstance(value, str) else value
            for name, value in found.items()
            if value not in {"", None}
        }

    def as_line(self, now: datetime) -> str:
        """Return a line as ``jupyter_events`` writes it, without its end.

        Args:
            now: When it was.
        """
        when = now.isoformat(timespec="microseconds").replace("+00:00", "Z")
        return json.dumps(
            {
                "__timestamp__": when,
                "__schema__": SCHEMA_ID,
                "__schema_version__": SCHEMA_VERSION,
                "__metadata_version__": 1,
                **self.content(),
            },
            ensure_ascii=False,
        )
