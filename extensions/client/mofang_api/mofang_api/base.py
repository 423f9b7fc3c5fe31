"""Base classes of requests and responses, which treat unknown fields differently."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class RequestModel(BaseModel):
    """Base of what clients send: unknown fields are an error."""

    # Error messages end up in logs, so they must not contain the input.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ResponseModel(BaseModel):
    """Base of what the service answers: unknown fields are ignored.

    A client keeps working with a service that is newer than it.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)
