"""Why the service did not do what was asked."""

from __future__ import annotations

from pydantic import Field, ValidationError

from mofang_api.base import ResponseModel
from mofang_api.errors import FieldError


class ErrorBody(ResponseModel):
    """Why the service did not do what was asked."""

    error: str
    """A code for programs: ``invalid``, ``not_found``."""

    message: str
    """A sentence for people: what was wrong, what to do."""

    fields: dict[str, str] = Field(default_factory=dict)
    """A sentence for each field of the request that must change."""


def field_messages(error: ValidationError) -> dict[str, str]:
    """Return one sentence per refused field, keyed by its dotted path.

    The key of a complaint about the whole body is the empty string. Values that
    were sent are never repeated: they may be secrets.
    """
    sentences: dict[str, str] = {}
    for item in error.errors(include_url=False, include_input=False):
        field = ".".join(str(part)[:64] for part in item["loc"])
        match item["type"]:
            case "missing":
                sentence = "This field is needed."
            case "extra_forbidden":
                sentence = "There is no such field. Check its spelling, or remove it."
            case "value_error":
                complaint = item["ctx"]["error"]
                sentence = str(complaint)
                if isinstance(complaint, FieldError):
                    field = f"{field}.{complaint.field}".lstrip(".")
            case _:
                sentence = item["msg"].removesuffix(".") + "."
        sentences.setdefault(field, sentence)
    return sentences
