"""Say what went wrong with a store of S3: a sentence that names the source alone.

What the libraries say may hold addresses with signatures and keys, so nothing of it is
repeated.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from mofang_files.data_sources import BucketSource
from mofang_files.errors import AbsentError, FilesError

_BAD_KEYS = {
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidToken",
    "SignatureDoesNotMatch",
}
_DENIED = {"403", "AccessDenied", "AllAccessDisabled", "Forbidden"}
_ABSENT = {"404", "NoSuchKey", "NotFound"}


class DeniedError(FilesError):
    """The store refuses the keys, or what is asked with them."""

    code = "denied"
    status = 403


class StoreAwayError(FilesError):
    """The store does not answer, or not now."""

    code = "store_away"
    status = 503


class NoKeysError(FilesError):
    """The keys that belong to the source are not there."""

    code = "no_keys"
    status = 503


@contextmanager
def refusing(source: BucketSource) -> Iterator[None]:
    """Turn errors of botocore into refusals.

    Raises:
        FilesError: Says what is wrong, and what to do.
    """
    # Loaded with the first question, not at the server's start.
    from botocore.exceptions import (  # noqa: PLC0415
        BotoCoreError,
        ClientError,
        CredentialRetrievalError,
        NoCredentialsError,
        ParamValidationError,
    )

    try:
        yield
    except ClientError as err:
        status = err.response["ResponseMetadata"].get("HTTPStatusCode", 0)
        code = str(err.response["Error"].get("Code"))
        raise _refusal(source, code, status) from err
    except (CredentialRetrievalError, NoCredentialsError) as err:
        raise NoKeysError(
            f"The keys of {source.name} are not there. Ask an administrator of the "
            "project whether its Secret exists."
        ) from err
    except ParamValidationError as err:
        raise FilesError("No object can have that name.") from err
    except (BotoCoreError, OSError) as err:
        raise StoreAwayError(
            f"The store of {source.name} does not answer. Try again; if that does not "
            "help, ask an administrator whether the project's network lets it through."
        ) from err


def _refusal(source: BucketSource, code: str, status: int) -> FilesError:
    name = source.name
    if code in _BAD_KEYS:
        return DeniedError(
            f"The store refuses the keys of {name}. Ask an administrator of the "
            "project for new ones in its Secret."
        )
    if code in _DENIED:
        return DeniedError(
            f"The keys of {name} do not allow that. Ask an administrator of the "
            "project what they may read."
        )
    if code == "NoSuchBucket":
        return AbsentError(
            f"There is no bucket {source.bucket}. Ask an administrator of the project."
        )
    if code in _ABSENT:
        return AbsentError("The object is not there any more. Refresh the list.")
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return FilesError(
            f"The store of {name} refuses that ({code}). Refresh the list."
        )
    return StoreAwayError(f"The store of {name} cannot answer now ({code}). Try again.")
