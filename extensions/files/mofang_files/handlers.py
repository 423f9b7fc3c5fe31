"""The interface: usage, versions, restoring."""

# mypy: disable-error-code="misc, untyped-decorator"
# jupyter_server counts as untyped, so its classes and decorators are Any.

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Any, ClassVar

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web
from typing_extensions import override

from mofang_files.comparing import read_version
from mofang_files.errors import FilesError
from mofang_files.guarded import CHECK
from mofang_files.job_usage import JobUsageReader
from mofang_files.restoring import restore_beside, restore_in_place, undo_restore
from mofang_files.roots import Roots
from mofang_files.space_status import SpaceStatus
from mofang_files.storage_check import BoundedQuestion
from mofang_files.versions import find_versions

ROOTS = "mofang_files_roots"
SPACE = "mofang_files_space"
JOBS = "mofang_files_jobs"


class FilesHandler(APIHandler):
    """What all handlers of the interface share."""

    auth_resource = "mofang:files"
    requires_storage: ClassVar[bool] = True
    """Whether to refuse at once while the storage is away, rather than to wait."""

    @override
    async def prepare(self) -> None:
        await super().prepare()
        if self.requires_storage and self.current_user:
            check: BoundedQuestion[None] = self.settings[CHECK]
            await check.answer()

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
        body = self.read_object()
        found = [body.get(name) for name in names]
        texts = [each for each in found if isinstance(each, str)]
        if len(texts) < len(found):
            raise FilesError(f"Send a JSON object with {', '.join(names)} as texts.")
        return texts

    def read_object(self) -> dict[str, Any]:
        """Return the body; an empty one where it is none."""
        try:
            body = json.loads(self.request.body)
        except (ValueError, RecursionError):
            return {}
        return body if isinstance(body, dict) else {}

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
    """What the roots take, as last known while the storage is away."""

    requires_storage = False

    @web.authenticated
    @authorized
    async def get(self) -> None:
        space: SpaceStatus = self.settings[SPACE]
        self.answer(await space.read())


class JobUsageHandler(FilesHandler):
    """What logs and kept code of jobs take."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        usage: JobUsageReader = self.settings[JOBS]
        self.answer(await usage.read())


class VersionsHandler(FilesHandler):
    """The versions of one file or directory, and what a directory has lost."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        text = self.get_query_argument("path", "", strip=False)
        self.answer(await asyncio.to_thread(find_versions, self.roots, text))


class ContentHandler(FilesHandler):
    """One version as text, and what differs from what is there now."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        text = self.get_query_argument("path", "", strip=False)
        snapshot = self.get_query_argument("snapshot", "")
        self.answer(await asyncio.to_thread(read_version, self.roots, text, snapshot))


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
        root = self.roots.find(text).root
        name = await asyncio.to_thread(undo_restore, undo, root)
        self.answer({"name": name})

    def _restore(self, text: str, snapshot: str, mode: str) -> dict[str, object]:
        path = self.roots.find(text)
        if mode == "in_place":
            return {"name": path.name, "undo": restore_in_place(path, snapshot)}
        return {"name": restore_beside(path, snapshot), "undo": None}
