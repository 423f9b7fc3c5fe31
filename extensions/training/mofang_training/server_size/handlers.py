"""Handlers of ``mofang/training/api/server-size``: what JupyterLab shows and asks."""

# mypy: disable-error-code="misc, untyped-decorator"
# jupyter_server counts as untyped, so its classes and decorators are Any.

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from mofang_training.forwarding import TrainingHandler
from mofang_training.hub_request import HubRefusalError
from mofang_training.server_size.resizer import Resizer

RESIZER = "mofang_resizer"
OFF_PLATFORM = (
    "This server was not started by Mofang, so it has the size that you gave it."
)
_WRONG = 'Send a JSON object with cpu, memory or both, such as {"memory": "4Gi"}.'
_LONGEST = 40


class ServerSizeHandler(TrainingHandler):
    """What this server uses of its memory, and its size."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Tell what is known now; with ``sizes``, what may be chosen."""
        await self._answer(self._describe)

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Resize the server."""
        await self._answer(self._resize)

    async def _describe(self, resizer: Resizer) -> dict[str, Any]:
        found = await resizer.describe()
        if self.get_query_argument("sizes", ""):
            found["sizes"] = await resizer.sizes()
        return found

    async def _resize(self, resizer: Resizer) -> dict[str, Any]:
        await resizer.resize(_read(self.request.body))
        return await resizer.describe()

    async def _answer(self, act: Any) -> None:
        resizer: Resizer | None = self.settings.get(RESIZER)
        if resizer is None:
            status = HTTPStatus.SERVICE_UNAVAILABLE
            self.refuse(status, "not_on_platform", OFF_PLATFORM)
            return
        try:
            self.finish(json.dumps(await act(resizer)))
        except HubRefusalError as err:
            self.refuse(err.status, "not_resized", str(err))
        except ValueError:
            self.refuse(HTTPStatus.BAD_REQUEST, "invalid", _WRONG)


def _read(body: bytes) -> dict[str, str]:
    """Return the sizes that are asked for.

    Raises:
        ValueError: The body has another form.
    """
    try:
        found = json.loads(body)
    except RecursionError as err:
        raise ValueError from err
    if not isinstance(found, dict) or not found or found.keys() - {"cpu", "memory"}:
        raise ValueError
    if not all(
        isinstance(each, str) and len(each) <= _LONGEST for each in found.values()
    ):
        raise ValueError
    return found


HANDLERS = [("/mofang/training/api/server-size", ServerSizeHandler)]
