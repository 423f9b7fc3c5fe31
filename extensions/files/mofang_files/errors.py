"""What a person may be told went wrong."""

import errno
from datetime import datetime
from typing import ClassVar


class FilesError(Exception):
    """Something was refused; the text is a sentence for the person who asked."""

    code: ClassVar[str] = "bad_request"
    status: ClassVar[int] = 400


class OutsideError(FilesError):
    """The path is neither in the home nor in the project."""

    code = "path_not_allowed"
    status = 403


class RoleError(FilesError):
    """Somebody else may do it."""

    code = "forbidden"
    status = 403


class AbsentError(FilesError):
    """What was named is not there."""

    code = "not_found"
    status = 404


class FileSystemError(FilesError):
    """The file system did not let it be done."""

    code = "file_system"
    status = 507


class StorageAwayError(FilesError):
    """The file system does not answer.

    Args:
        since: When the question was asked that it has not answered.
    """

    code = "storage_away"
    status = 503

    def __init__(self, since: datetime) -> None:
        super().__init__(
            f"The storage has not answered since {since:%H:%M:%S} UTC. What was saved "
            "is kept. Leave the page open, and try again when the storage is back."
        )
        self.since = since


def from_os(err: OSError, tried: str) -> FileSystemError:
    """Return the refusal for an error of the file system.

    Args:
        err: The error.
        tried: What was tried, such as "The file was not restored".
    """
    if err.errno in {errno.ENOSPC, errno.EDQUOT}:
        return FileSystemError(f"{tried}: the disk is full. Delete files, try again.")
    return FileSystemError(f"{tried}: {err.strerror or 'no answer'}.")
