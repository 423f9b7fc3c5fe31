"""Everything a person may be told went wrong.

TensorBoardError
├── WrongRequestError   400: the body is not what this part takes
├── OutsideError        403: a directory that is not to be shown from here
├── AbsentError         404: no such directory, or no such TensorBoard
├── TooManyError        409: as many run as may, and all are in use
└── StartError          502: TensorBoard itself did not start
"""

from __future__ import annotations

from collections.abc import Mapping


class TensorBoardError(Exception):
    """Something was refused; the text is a sentence for the person who asked."""

    code = "refused"
    status = 400

    def __init__(self, message: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields = dict(fields or {})
        """A sentence for each field of the request that must change."""

    @classmethod
    def of_field(cls, field: str, message: str) -> TensorBoardError:
        """Return the refusal of one field, whose sentence says all."""
        return cls(message, {field: message})


class WrongRequestError(TensorBoardError):
    """The body of the request is not what this part takes."""

    code = "bad_request"


class OutsideError(TensorBoardError):
    """The directory is neither in the home nor in the project nor global."""

    code = "path_not_allowed"
    status = 403


class AbsentError(TensorBoardError):
    """What was named is not there."""

    code = "not_found"
    status = 404


class TooManyError(TensorBoardError):
    """No more may run, and none of those that do is idle."""

    code = "too_many_requests"
    status = 409


class StartError(TensorBoardError):
    """TensorBoard ended or hung before it served anything."""

    code = "start_failed"
    status = 502
