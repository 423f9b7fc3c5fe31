"""The interface: start, list and stop TensorBoards."""

# mypy: disable-error-code="misc, untyped-decorator"
# jupyter_server counts as untyped, so its classes and decorators are Any.

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from pathlib import Path
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web
from typing_extensions import override

from mofang_tensorboard.allowed_roots import AllowedRoots
from mofang_tensorboard.errors import TensorBoardError, WrongRequestError
from mofang_tensorboard.instances import Instance, Instances
from mofang_tensorboard.selection import FORMS, read_selection

AUTH_RESOURCE = "mofang:tensorboard"

INSTANCES = "mofang_tensorboard_instances"
ALLOWED_ROOTS = "mofang_tensorboard_allowed_roots"
"""Names of what the handlers find in the settings of the server."""


class TensorBoardHandler(APIHandler):
    """What all handlers of the interface share."""

    auth_resource = AUTH_RESOURCE

    @property
    def instances(self) -> Instances:
        found: Instances = self.settings[INSTANCES]
        return found

    def answer(self, content: object, status: int = HTTPStatus.OK) -> None:
        self.set_status(status)
        self.finish(json.dumps(content))

    def describe(self, instance: Instance) -> dict[str, object]:
        """Return what the browser is told of a TensorBoard."""
        selection = instance.selection
        named = {name: str(path) for name, path in selection.runs}
        return {
            "id": instance.id,
            "url": f"{self.base_url}mofang/tensorboard/view/{instance.id}/",
            "logdir": None if selection.is_comparison else named[""],
            "logdirs": named if selection.is_comparison else {},
            "started": instance.started.isoformat(),
        }

    @override
    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer every refusal in one form, as a sentence with its fields."""
        fields: dict[str, str] = {}
        match kwargs.get("exc_info", (None, None, None))[1]:
            case TensorBoardError() as refusal:
                status_code, code = refusal.status, refusal.code
                message, fields = str(refusal), refusal.fields
            case web.HTTPError(log_message=str(said)):
                code, message = HTTPStatus(status_code).name.lower(), said
            case _ if status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
                phrase = HTTPStatus(status_code).phrase
                code, message = phrase.lower(), f"The request was refused ({phrase})."
            case _:
                code = "internal"
                message = "Something went wrong in this server. See its log."
        self.answer({"error": code, "message": message, "fields": fields}, status_code)

    @override
    def log_exception(self, *exc_info: Any) -> None:
        """Log what went wrong in here, not what was refused."""
        if not isinstance(exc_info[1], TensorBoardError):
            super().log_exception(*exc_info)


class InstancesHandler(TensorBoardHandler):
    """All TensorBoards of this server."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """List them, oldest first."""
        running = self.instances.list_running()
        self.answer({"instances": [self.describe(each) for each in running]})

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Start one, or find the one that shows the same."""
        try:
            body = json.loads(self.request.body)
        except (ValueError, RecursionError) as err:
            raise WrongRequestError(FORMS) from err
        allowed: AllowedRoots = self.settings[ALLOWED_ROOTS]
        root = Path(self.serverapp.root_dir)
        selection = await asyncio.to_thread(read_selection, body, allowed, root)
        instance = await self.instances.open(selection)
        self.answer(self.describe(instance))


class InstanceHandler(TensorBoardHandler):
    """One TensorBoard."""

    @web.authenticated
    @authorized
    async def get(self, instance_id: str) -> None:
        """Tell that it runs; who asks is looking at it."""
        instance = self.instances.get(instance_id)
        instance.note_use()
        self.answer(self.describe(instance))

    @web.authenticated
    @authorized
    async def delete(self, instance_id: str) -> None:
        """End it."""
        await self.instances.end(instance_id)
        self.set_status(HTTPStatus.NO_CONTENT)
        self.finish()
