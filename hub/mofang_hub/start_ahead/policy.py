"""Which server is started ahead, by whose wish it likely is. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from mofang_spawner.start_choices import LikelyServer


class StartAheadSettings(BaseModel):
    """How sure the hub must be, and what it may take."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid"
    )

    enabled: bool = False
    login_share: float = Field(default=0.6, gt=0, le=1)
    """Of a person's recent starts that were of one server: it is started when they log
    in."""
    card_share: float = Field(default=0.2, gt=0, le=1)
    """Likewise, for a server on whose card they rest."""
    minimum_starts: int = Field(default=3, ge=1, le=20)
    """Of a person, before anything is guessed."""
    max_servers: int = Field(default=5, ge=1)
    """Of all people, that nobody uses yet."""
    allow_gpus: bool = False
    """Whether servers with GPUs are started ahead."""
    unused_minutes: float = Field(default=5, ge=1, le=60)
    """After this time without use it is stopped."""


def likely_server(
    settings: StartAheadSettings, likely: Iterable[LikelyServer], card: str = ""
) -> str:
    """Return the name of the server to start; empty where nothing is likely enough.

    Args:
        settings: How sure one must be.
        likely: A person's servers, the one that they chose most often first.
        card: The server on whose card they rest; empty for a log-in.
    """
    for each in likely:
        if card and each.name != card:
            continue
        share = settings.card_share if card else settings.login_share
        is_sure = each.starts >= settings.minimum_starts and each.share >= share
        return each.name if is_sure else ""
    return ""
