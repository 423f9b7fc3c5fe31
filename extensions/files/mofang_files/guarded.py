"""Requests of Jupyter Server and JupyterLab whose handlers use the home by themselves.

Settings, workspaces, kernel specifications, kernels' and terminals' starts: these
handlers ask the file system in the event loop. They are others', so they are not made
to use threads; but none is begun unless the storage has just answered.
"""

# mypy: disable-error-code="misc, untyped-decorator"
# jupyter_server counts as untyped, so its classes and decorators are Any.

from __future__ import annotations

import inspect
import re
from http import HTTPStatus
from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from tornado import web
from tornado.routing import RuleRouter
from typing_extensions import override

from mofang_files.errors import StorageAwayError

CHECK = "mofang_files_check"
"""The setting with the question to the storage."""

_ANY = re.compile(
    r"lab|lab/.*|api/kernelspecs.*|kernelspecs/.*|api/config/.*|custom/.*"
    r"|nbconvert/.*|view/.*|terminals/websocket/.*|lsp/.*"
)
_CHANGE = re.compile(
    r"api/kernels|api/kernels/[^/]+/restart|api/sessions.*|api/terminals"
)
"""Asked for what runs, these look into no file."""


def uses_files(method: str, path: str) -> bool:
    """Say whether the handler of a request asks the file system in the event loop.

    Args:
        method: Of HTTP.
        path: Beneath the server's base URL, without a first slash.
    """
    changes = method in {"POST", "PUT", "PATCH"}
    return bool(_ANY.fullmatch(path) or (changes and _CHANGE.fullmatch(path)))


class StorageGuard(JupyterHandler):
    """Put before a handler's class: refuses while the storage is away."""

    @override
    async def prepare(self, **kwargs: Any) -> None:
        prepared = super().prepare(**kwargs)
        if inspect.isawaitable(prepared):
            await prepared
        path = self.request.path.removeprefix(self.base_url)
        if self._finished or not self.current_user:
            return
        if not uses_files(self.request.method or "", path):
            return
        try:
            await self.settings[CHECK].answer()
        except StorageAwayError as away:
            raise web.HTTPError(HTTPStatus.SERVICE_UNAVAILABLE, str(away)) from away


def guard(router: RuleRouter) -> None:
    """Put the guard before handlers that are there already."""
    for rule in router.rules:
        target = rule.target
        if isinstance(target, RuleRouter):
            guard(target)
        elif (
            isinstance(target, type)
            and issubclass(target, JupyterHandler)
            and not issubclass(target, StorageGuard)
        ):
            names = {"__module__": target.__module__, "__doc__": target.__doc__}
            rule.target = type(target.__name__, (StorageGuard, target), names)
