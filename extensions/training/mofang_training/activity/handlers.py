"""Handlers of ``mofang/training/api/activity``: what JupyterLab shows and asks."""

# mypy: disable-error-code="misc, untyped-decorator"
# jupyter_server counts as untyped, so its classes and decorators are Any.

from __future__ import annotations

import json
from http import HTTPStatus

from jupyter_server.auth.decorator import authorized
from tornado import web

from mofang_training.activity.reporter import ActivityReporter
from mofang_training.forwarding import TrainingHandler
from mofang_training.hub_request import HubRefusalError

REPORTER = "mofang_activity_reporter"
OFF_PLATFORM = (
    "This server was not started by Mofang, so nobody stops it. Stop it where you "
    "started it."
)
_WRONG = "Send a JSON object with hours, a positive number or null, and reason, a text."


class ActivityHandler(TrainingHandler):
    """Whether this server is idle, and when it will be stopped for that."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Tell what is known now."""
        if (reporter := self._reporter()) is not None:
            self.finish(json.dumps(reporter.describe()))

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Keep the server running."""
        from pydantic import ValidationError  # noqa: PLC0415 - start-up time counts

        if (reporter := self._reporter()) is None:
            return
        try:
            body = json.loads(self.request.body)
            await reporter.extend(body.get("hours"), body.get("reason", ""))
        except HubRefusalError as err:
            self.refuse(err.status, "not_extended", str(err))
        except (ValueError, AttributeError, RecursionError, ValidationError):
            self.refuse(HTTPStatus.BAD_REQUEST, "invalid", _WRONG)
        else:
            self.finish(json.dumps(reporter.describe()))

    def _reporter(self) -> ActivityReporter | None:
        """Return what reports; answer where nothing does."""
        reporter: ActivityReporter | None = self.settings.get(REPORTER)
        if reporter is None:
            status = HTTPStatus.SERVICE_UNAVAILABLE
            self.refuse(status, "not_on_platform", OFF_PLATFORM)
        return reporter


HANDLERS = [("/mofang/training/api/activity", ActivityHandler)]
