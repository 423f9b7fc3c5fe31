"""The interface of cleaning up: what takes the space, removing it, taking that back."""

# mypy: disable-error-code="misc, untyped-decorator"
# jupyter_server counts as untyped, so its classes and decorators are Any.

from __future__ import annotations

from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web
from typing_extensions import override

from mofang_files.cleanup import Cleaner
from mofang_files.errors import AbsentError, FilesError, from_os
from mofang_files.handlers import FilesHandler
from mofang_files.records import Mode

CLEANER = "mofang_files_cleaner"
"""Of the home."""
PROJECT_CLEANER = "mofang_files_project_cleaner"
"""Of the project's directory; None without a project."""


class CleanerHandler(FilesHandler):
    """What the handlers of this module share."""

    @override
    def initialize(self, *, cleaner: str = CLEANER, **given: Any) -> None:
        """Keep which directory this is about: its key in the settings."""
        super().initialize(**given)
        self._key = cleaner

    @property
    def cleaner(self) -> Cleaner:
        """The cleaner of the directory.

        Raises:
            AbsentError: This server has no project.
        """
        found: Cleaner | None = self.settings[self._key]
        if found is None:
            raise AbsentError("This server was started without a project.")
        return found


class CleanUpHandler(CleanerHandler):
    """What takes the space of the directory, and its removal."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        try:
            found = await self.cleaner.list_items()
        except OSError as err:
            raise from_os(err, "The directory cannot be looked through") from err
        self.answer(found)

    @web.authenticated
    @authorized
    async def post(self) -> None:
        body = self.read_object()
        ids = body.get("items")
        if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
            raise FilesError("Send a JSON object with items, a list of their ids.")
        try:
            mode = Mode(body.get("mode", ""))
        except ValueError as err:
            raise FilesError(f"The mode is {', '.join(Mode)}.") from err
        self.answer(await self.cleaner.clean(ids, mode))


class UndoHandler(CleanerHandler):
    """Put back what was removed."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        (undo,) = self.read_body("undo")
        self.answer(await self.cleaner.undo(undo))


class DeleteHandler(CleanerHandler):
    """Delete permanently what was moved to the Trash."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        (undo,) = self.read_body("undo")
        self.answer(await self.cleaner.delete_permanently(undo))
