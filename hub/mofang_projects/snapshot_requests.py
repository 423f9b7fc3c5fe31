"""Take the snapshots that are asked for by an annotation, each once.

The answer is in ``status.requestedSnapshot`` of the object. Knows nothing of the
framework that calls it.
"""

from collections.abc import Mapping
from typing import Any

from mofang_kube.names import SNAPSHOT_REQUEST_ANNOTATION
from mofang_projects.directories import FAILURES, Directories, failure_reason
from mofang_storage.base import StorageDirectory

Answer = dict[str, str]
"""``request``, and the ``name`` of the snapshot or a ``message`` that says why there is
none; empty where none was ever asked for."""


class SnapshotRequests:
    """Answers requests for snapshots of directories.

    Args:
        directories: Takes them.
    """

    def __init__(self, directories: Directories) -> None:
        self._directories = directories
        self._answers: dict[StorageDirectory, Answer] = {}
        """The last of each: an event may come before the status it led to."""

    async def answer(
        self, directory: StorageDirectory, body: Mapping[str, Any]
    ) -> Answer:
        """Take the snapshot that was asked for, unless it was taken already.

        Args:
            directory: Of the object.
            body: The object as Kubernetes gives it.
        """
        request = _request(body)
        for known in (_answered(body), self._answers.get(directory, {})):
            if known.get("request", "") == request:
                return known
        answer = {"request": request, "name": "", "message": ""}
        try:
            answer["name"] = await self._directories.snapshot(directory)
        except FAILURES as err:
            answer["message"] = failure_reason(err)
        self._answers[directory] = answer
        return answer


def asks_for_snapshot(body: Mapping[str, Any]) -> bool:
    """Say whether a snapshot was asked for that the status does not answer.

    Args:
        body: The object as Kubernetes gives it.
    """
    request = _request(body)
    return bool(request) and request != _answered(body).get("request")


def _request(body: Mapping[str, Any]) -> str:
    annotations = body["metadata"].get("annotations") or {}
    return str(annotations.get(SNAPSHOT_REQUEST_ANNOTATION, ""))


def _answered(body: Mapping[str, Any]) -> Answer:
    status = body.get("status") or {}
    return dict(status.get("requestedSnapshot") or {})
