"""The page of the audit log, for those who hold its scope."""

import asyncio
from contextlib import suppress
from datetime import date
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jupyterhub.handlers.base import BaseHandler
from tornado import web

from mofang_audit.event import AuditAction
from mofang_audit.search import ResultPage, Search, search
from mofang_hub.auth.scopes import AUDIT

_FIELDS = ("person", "project", "action", "first", "last")
_ANSWERS = asyncio.Semaphore(2)
"""A search reads files for seconds, in threads that others need too."""


class AuditHandler(BaseHandler):  # type: ignore[misc] # JupyterHub has no types
    """Events, the newest first, with a form that says which."""

    @web.authenticated
    async def get(self) -> None:
        # JupyterHub's decorator knows no custom scopes when modules are loaded.
        if AUDIT not in self.expanded_scopes:
            raise web.HTTPError(
                HTTPStatus.FORBIDDEN,
                "The audit log is open to admins of the hub, and to whom they give the "
                "scope %s.",
                AUDIT,
            )
        given = {name: self.get_argument(name, "").strip() for name in _FIELDS}
        before = self.get_argument("before", "")
        faults = {
            name: "Write a day as 2026-11-30."
            for name in ("first", "last")
            if given[name] and _day(given[name]) is None
        }
        if given["action"] and given["action"] not in list(AuditAction):
            faults["action"] = "Choose one of the list."
        found, failure = ResultPage(), ""
        if not faults:
            found, failure = await self._search(given, before)
        older = ""
        if found.has_more and found.records:
            last = found.records[-1]["__timestamp__"]
            kept = {name: value for name, value in given.items() if value}
            older = f"?{urlencode({**kept, 'before': last})}"
        self.finish(
            await self.render_template(
                "audit.html",
                given=given,
                faults=faults,
                failure=failure,
                actions=[each.value for each in AuditAction],
                found=found,
                older=older,
                is_first=not before,
            )
        )

    async def _search(
        self, given: dict[str, str], before: str
    ) -> tuple[ResultPage, str]:
        wanted = Search(
            person=given["person"],
            project=given["project"],
            action=given["action"],
            first=_day(given["first"]),
            last=_day(given["last"]),
            before=before,
        )
        folder: Path = self.settings["mofang_audit"].folder
        try:
            async with _ANSWERS:
                return await asyncio.to_thread(search, folder, wanted), ""
        except OSError as err:
            self.log.warning("The audit log cannot be read: %r", err)
            return ResultPage(), (
                "The audit log cannot be read. Look at the value audit of the chart, "
                "and at the log of the hub."
            )


def _day(text: str) -> date | None:
    with suppress(ValueError):
        return date.fromisoformat(text)
    return None


def audit_handlers(settings: Any) -> list[Any]:
    """Return the page's handler; none where nothing is recorded."""
    return [(r"/audit", AuditHandler)] if settings is not None else []
