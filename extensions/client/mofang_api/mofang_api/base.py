"""How models of the two directions treat what they do not know."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class RequestModel(BaseModel):
    """What users send; an unknown field is refused."""

    # Inputs are hidden, because messages of errors end up in logs.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ResponseModel(BaseModel):
    """What the service answers; an unknown field is passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class FieldError(ValueError):
    """A complaint of a whole body that belongs to one of its fields.

    Args:
        field: Its dotted path.
        sentence: What must change.
    """

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
