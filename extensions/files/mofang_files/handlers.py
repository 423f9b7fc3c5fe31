"""The interface: usage, versions, restoring."""

# mypy: disable-error-code="misc, untyped-decorator"
# jupyter_server counts as untyped, so its classes and decorators are Any.

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web
from typing_extensions import override

from mofang_files.comparing import compare, read_text
from mofang_files.errors import FilesError
from mofang_files.restoring import restore_beside, restore_in_place, undo_restore
from mofang_files.roots import Roots
from mofang_files.snapshots import opened_snapshots, parse_snapshot
from mofang_files.space import SpaceReader
from mofang_files.versions import (
    NO_SNAPSHOTS,
    Version,
    list_deleted,
    list_versions,
    version_path,
)

ROOTS = "mofang_files_roots"
SPACE = "mofang_files_space"


class FilesHandler(APIHandler):
    """What all handlers of the interface share."""

    auth_resource = "mofang:files"

    @property
    def roots(self) -> Roots:
        found: Roots = self.settings[ROOTS]
        return found

    def answer(self, content: object, status: int = HTTPStatus.OK) -> None:
        self.set_status(status)
        self.finish(json.dumps(content))

    def read_body(self, *names: str) -> list[str]:
        """Return texts of the body by their names.

        Raises:
            FilesError: One of them is missing.
        """
        try:
            body = json.loads(self.request.body)
            found = [body[name] for name in names]
        except (ValueError, KeyError, TypeError, RecursionError) as err:
            found = [err]
        if not all(isinstance(each, str) for each in found):
            raise FilesError(f"Send a JSON object with {', '.join(names)} as texts.")
        return found

    @override
    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer every refusal in one form, as a sentence."""
        match kwargs.get("exc_info", (None, None, None))[1]:
            case FilesError() as refusal:
                status_code, code, message = refusal.status, refusal.code, str(refusal)
            case web.HTTPError(log_message=str(said)):
                code, message = HTTPStatus(status_code).name.lower(), said
            case _ if status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
                phrase = HTTPStatus(status_code).phrase
                code, message = phrase.lower(), f"The request was refused ({phrase})."
            case _:
                code = "internal"
                message = "Something went wrong in this server. See its log."
        self.answer({"error": code, "message": message, "fields": {}}, status_code)

    @override
    def log_exception(self, *exc_info: Any) -> None:
        """Log what went wrong in here, not what was refused."""
        if not isinstance(exc_info[1], FilesError):
            super().log_exception(*exc_info)


class SpaceHandler(FilesHandler):
    """What the roots take."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        reader: SpaceReader = self.settings[SPACE]
        self.answer({"roots": await asyncio.to_thread(reader.read)})


class LargestHandler(FilesHandler):
    """The largest directories of the home."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        reader: SpaceReader = self.settings[SPACE]
        self.answer({"directories": await asyncio.to_thread(reader.largest)})


class VersionsHandler(FilesHandler):
    """The versions of one file or directory, and what a directory has lost."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        text = self.get_query_argument("path", "", strip=False)
        self.answer(await asyncio.to_thread(self._find, text))

    def _find(self, text: str) -> dict[str, object]:
        root, path = self.roots.find(text)
        versions: list[Version] = []
        deleted: list[dict[str, object]] = []
        has_snapshots = False
        # What is above a root is not mounted: the root itself has no versions.
        if path != root.path:
            with opened_snapshots(path.parent) as snapshots:
                if snapshots is not None:
                    has_snapshots = True
                    versions = list_versions(snapshots, path)
        if path.is_dir() and not path.is_symlink():
            with opened_snapshots(path) as snapshots:
                if snapshots is not None:
                    has_snapshots = True
                    deleted = list_deleted(snapshots, path)
        return {
            "reason": "" if has_snapshots else NO_SNAPSHOTS,
            "versions": [asdict(each) for each in versions],
            "deleted": deleted,
        }


class ContentHandler(FilesHandler):
    """One version as text, and what differs from what is there now."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        text = self.get_query_argument("path", "", strip=False)
        snapshot = self.get_query_argument("snapshot", "")
        self.answer(await asyncio.to_thread(self._read, text, snapshot))

    def _read(self, text: str, snapshot: str) -> dict[str, object]:
        _, path = self.roots.find(text)
        before = read_text(version_path(path, snapshot))
        if not path.exists():
            return {"text": before, "difference": None}
        return {"text": before, "difference": compare(before, read_text(path))}


class RestoreHandler(FilesHandler):
    """Restore a version, or undo that."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        text, snapshot, mode = self.read_body("path", "snapshot", "mode")
        if mode not in {"beside", "in_place"}:
            raise FilesError("The mode is beside or in_place.")
        self.answer(await asyncio.to_thread(self._restore, text, snapshot, mode))

    @web.authenticated
    @authorized
    async def delete(self) -> None:
        text, undo = self.read_body("path", "undo")
        root, _ = self.roots.find(text)
        path = await asyncio.to_thread(undo_restore, undo, root)
        self.answer({"name": path.name})

    def _restore(self, text: str, snapshot: str, mode: str) -> dict[str, object]:
        root, path = self.roots.find(text)
        version = version_path(path, snapshot)
        if mode == "in_place":
            return {"name": path.name, "undo": restore_in_place(version, path, root)}
        taken = parse_snapshot(snapshot).taken.isoformat()
        return {"name": restore_beside(version, path, taken).name, "undo": None}
