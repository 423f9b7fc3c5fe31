"""Read buckets of S3 with the profiles of this server. All of it blocks.

boto3 finds address and keys in the files that the spawner names, as in a notebook. It
is loaded with the first question: a server that nobody asks does not pay for it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mofang_files.data_sources import BucketSource
from mofang_files.errors import FilesError
from mofang_files.s3_errors import refusing

PAGE = 1000
"""Entries of one answer: what a store gives at most."""

_MAX_SHOWN_BYTES = 50 * 2**20
_CLIENT_SECONDS = 60.0
_CONNECT_SECONDS = 5
_READ_SECONDS = 30

Client = Any
"""Of boto3, which has no types."""


class TooLargeError(FilesError):
    """The object is too large to be shown."""

    code = "too_large"
    status = 413


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectEntry:
    """An object of a listing."""

    name: str
    size: int
    modified: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A page of what is at a path, in the order of the store."""

    directories: list[str]
    """Names without their slash; perhaps empty, as a key may have two in a row."""

    objects: list[ObjectEntry]
    next: str | None
    """Asks for the page after it; None for the last one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectHead:
    """What is known of an object without its content."""

    size: int
    modified: datetime


class OpenedObject:
    """An object whose content is read in parts."""

    def __init__(self, source: BucketSource, answer: dict[str, Any]) -> None:
        self.head = _head(answer)
        self._source = source
        self._body = answer["Body"]

    def read(self, size: int) -> bytes:
        """Return the next part, empty at the end.

        Raises:
            FilesError: The store broke off.
        """
        with refusing(self._source):
            part: bytes = self._body.read(size)
            return part

    def close(self) -> None:
        self._body.close()


class BucketReader:
    """Lists and reads objects.

    Args:
        make_client: Of a profile.
        client_seconds: How long a client is used: new keys in the Secret count then.
        max_shown_bytes: What is larger is downloaded, or read by a program.
    """

    def __init__(
        self,
        make_client: Callable[[str], Client] | None = None,
        *,
        client_seconds: float = _CLIENT_SECONDS,
        max_shown_bytes: int = _MAX_SHOWN_BYTES,
    ) -> None:
        self.client_seconds = client_seconds
        self.max_shown_bytes = max_shown_bytes
        self._make_client = make_client or _make_client
        self._clients: dict[str, tuple[float, Client]] = {}
        self._lock = threading.Lock()

    def list(
        self, source: BucketSource, path: str, *, starts: str = "", after: str = ""
    ) -> Listing:
        """Return a page of what is at a path.

        Args:
            source: Where.
            path: Empty, or with a slash at its end.
            starts: How the names begin.
            after: What the page before named as its next; empty for the first one.

        Raises:
            FilesError: It cannot be listed; says why.
        """
        if "/" in starts or (path and not path.endswith("/")):
            raise FilesError("A path ends with a slash, and no name has one in it.")
        prefix = source.key(path)
        asked = {
            "Bucket": source.bucket,
            "Prefix": prefix + starts,
            "Delimiter": "/",
            "MaxKeys": PAGE,
        }
        if after:
            asked["ContinuationToken"] = after
        with refusing(source):
            answer = self._client(source).list_objects_v2(**asked)
        begin = len(prefix)
        return Listing(
            directories=[
                each["Prefix"][begin:-1] for each in answer.get("CommonPrefixes", [])
            ],
            objects=[
                ObjectEntry(
                    name=each["Key"][begin:],
                    size=each["Size"],
                    modified=each["LastModified"],
                )
                for each in answer.get("Contents", [])
                # Tools mark a directory by an empty object of its own name.
                if each["Key"] != prefix
            ],
            next=answer.get("NextContinuationToken"),
        )

    def head(self, source: BucketSource, path: str) -> ObjectHead:
        """Return what is known of an object.

        Raises:
            FilesError: It is not there, or not to be read.
        """
        with refusing(source):
            return _head(
                self._client(source).head_object(
                    Bucket=source.bucket, Key=source.key(path)
                )
            )

    def open(self, source: BucketSource, path: str) -> OpenedObject:
        """Begin to read an object; whoever asked closes it.

        Raises:
            FilesError: It is not there, or not to be read.
        """
        with refusing(source):
            answer = self._client(source).get_object(
                Bucket=source.bucket, Key=source.key(path)
            )
        return OpenedObject(source, answer)

    def read(self, source: BucketSource, path: str) -> tuple[bytes, ObjectHead]:
        """Return the whole of an object that is not too large.

        Raises:
            FilesError: It is too large, not there, or not to be read.
        """
        opened = self.open(source, path)
        try:
            if opened.head.size > self.max_shown_bytes:
                raise TooLargeError(
                    f"The object has more than {self.max_shown_bytes // 2**20} MiB and "
                    "is not shown. Download it, or read parts of it by a program."
                )
            return opened.read(opened.head.size), opened.head
        finally:
            opened.close()

    def _client(self, source: BucketSource) -> Client:
        with self._lock:
            now = time.monotonic()
            made, client = self._clients.get(source.name, (0.0, None))
            if client is None or now - made > self.client_seconds:
                client = self._make_client(source.name)
                self._clients[source.name] = (now, client)
            return client


def _head(answer: dict[str, Any]) -> ObjectHead:
    return ObjectHead(size=answer["ContentLength"], modified=answer["LastModified"])


def _make_client(profile: str) -> Client:
    import boto3  # noqa: PLC0415 - see the module.
    from botocore.config import Config  # noqa: PLC0415

    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": 2},
    )
    return boto3.Session(profile_name=profile).client("s3", config=config)
