"""The body of an error response, and how validation errors become one."""

from __future__ import annotations

from pydantic import Field, ValidationError

from mofang_api.base import ResponseModel


class FieldError(ValueError):
    """Raised by a validator of a whole model to blame one of its fields.

    Args:
        field: The dotted path of the field.
        text: What must change.
    """

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


class ErrorBody(ResponseModel):
    """The body of a response with a status of 400 or above."""

    error: str
    """A code for programs: ``invalid``, ``not_found``."""

    message: str
    """A sentence for people: what was wrong, what to do."""

    fields: dict[str, str] = Field(default_factory=dict)
    """A sentence for each field of the request that must change, by dotted path."""


def field_messages(error: ValidationError) -> dict[str, str]:
    """Return one sentence per invalid field, keyed by its dotted path.

    The key of an error about the whole body is the empty string. Values are never
    repeated in sentences: they may be secrets.
    """
    texts: dict[str, str] = {}
    for item in error.errors(include_url=False, include_input=False):
        field = ".".join(str(part)[:64] for part in item["loc"])
        match item["type"]:
            case "missing":
                text = "This field is needed."
            case "extra_forbidden":
                text = "There is no such field. Check its spelling, or remove it."
            case "value_error":
                complaint = item["ctx"]["error"]
                text = str(complaint)
                if isinstance(complaint, FieldError):
                    field = f"{field}.{complaint.field}".lstrip(".")
            case _:
                text = item["msg"].removesuffix(".") + "."
        texts.setdefault(field, text)
    return texts
