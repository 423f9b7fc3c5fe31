"""How sizes are suggested, as the chart's values have it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class SizingSettings(BaseModel):
    """What holds for all suggestions."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid"
    )

    enforce: bool = False
    """Whether a start that asks for more than is suggested gets what is suggested."""
    starts: int = Field(default=12, ge=3, le=100)
    """The newest starts of a person and an environment that count."""
    margin_percent: int = Field(default=10, ge=0, le=100)
    """What is added to the peak, at the least."""
