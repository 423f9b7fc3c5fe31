"""What is kept of a server with its state, in JupyterHub's database.

Not in the home: that may be full or away, and the hub mounts none.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

EXTENSION_STATE = "extension"
CULLED_STATE = "culled"
DOZE_STATE = "doze"
NOTIFIED_STATE = "notified"
"""Keys in a server's state, as ``mofang_spawner`` keeps it."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def read(cls, state: Any) -> Self | None:
        """Return the record; None where there is none of this version."""
        try:
            return cls.model_validate(state) if state else None
        except ValidationError:
            return None

    def stored(self) -> dict[str, Any]:
        """Return it as JSON."""
        return self.model_dump(mode="json")


class CullingExtension(_Record):
    """Somebody has asked to keep a server."""

    until: datetime
    reason: str = ""
    by: str = ""

    def left(self, now: datetime) -> timedelta:
        """Return how much of it is left."""
        return max(self.until - now, timedelta())


class Doze(_Record):
    """A server has given back its CPU request."""

    cpu: str
    """What it reserved before, as Kubernetes writes it."""

    since: datetime


class CulledServer(_Record):
    """A server was stopped as nothing happened in it."""

    at: datetime
    idle_seconds: float = Field(ge=0)
    notebooks: tuple[str, ...] = ()
    """Paths of what had a kernel."""

    @property
    def idle_text(self) -> str:
        """For how long nothing had happened, as people say it."""
        return duration_text(timedelta(seconds=self.idle_seconds))

    @property
    def at_text(self) -> str:
        return self.at.astimezone(UTC).strftime("%-d %B %Y, %H:%M UTC")


def duration_text(duration: timedelta) -> str:
    """Return a duration as people say it: ``2 h 5 min``."""
    minutes = int(duration.total_seconds() // 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes)
    return " ".join(parts) or "less than a minute"
