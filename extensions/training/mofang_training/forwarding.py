"""Pass a request on to the training service, and its answer back as it comes.

Errors leave in the form of the wire, whoever found them: the service, this server,
or jupyter_server's own checks.
"""

# mypy: disable-error-code="misc, untyped-decorator"
# jupyter_server counts as untyped, so its classes and decorators are Any.

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from jupyter_server.base.handlers import APIHandler
from tornado import web
from tornado.iostream import StreamClosedError

from mofang_training.service import (
    NotOnPlatformError,
    ServiceAwayError,
    TrainingServiceClient,
)

if TYPE_CHECKING:
    import aiohttp

Complete = Callable[[bytes], bytes]

PASSED_HEADERS = (
    "Cache-Control",
    "Retry-After",
    "X-Log-Size",
    "X-Log-Next",
    "X-Log-Complete",
)
PASSED_TYPES = ("application/json", "text/plain", "text/event-stream")

AWAY = (
    "The training service does not answer. Jobs that run are not affected. "
    "Try again in a moment."
)
OFF_PLATFORM = (
    "This server was not started by Mofang, so it knows no training service. "
    "Start your server from the platform's page."
)


class TrainingHandler(APIHandler):
    """What all handlers here share: forwarding, and errors in the wire's form."""

    auth_resource = "mofang:training"

    # Panels poll and follow by themselves: that must not keep a server alive.
    _track_activity = False

    @property
    def service(self) -> TrainingServiceClient:
        """The training service of this server."""
        service: TrainingServiceClient = self.settings["mofang_training_service"]
        return service

    async def forward(
        self,
        path: str,
        *queries: str,
        endless: bool = False,
        complete: Complete | None = None,
    ) -> None:
        """Ask the service and pass its answer on, piece by piece as it comes.

        Args:
            path: Path under the project, of checked parts.
            queries: Names of the parameters that are passed on.
            endless: Whether the answer may pause for long.
            complete: Makes of a whole answer what is passed on, in a thread.
        """
        asked = asyncio.ensure_future(
            self._pass_on(path, queries, endless=endless, complete=complete)
        )
        self._asked = asked
        try:
            await asked
        except asyncio.CancelledError:
            if not asked.cancelled():
                asked.cancel()
                raise
        except NotOnPlatformError:
            self.refuse(HTTPStatus.SERVICE_UNAVAILABLE, "not_on_platform", OFF_PLATFORM)
        except ServiceAwayError as err:
            self.log.warning(
                "Training service: %s %s: %s", self.request.method, path, err
            )
            self._end_broken()
        except StreamClosedError:
            pass  # The browser has gone; nobody is left to be told.

    def on_connection_close(self) -> None:
        """Stop asking when the browser goes."""
        super().on_connection_close()
        asked = getattr(self, "_asked", None)
        if asked is not None:
            asked.cancel()

    def refuse(self, status: int, error: str, message: str) -> None:
        """Answer with an error in the form the service uses.

        Args:
            status: HTTP status.
            error: Machine-readable code.
            message: For the person.
        """
        self.set_status(status)
        self.finish(json.dumps({"error": error, "message": message, "fields": {}}))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Give jupyter_server's own refusals the same form."""
        problem = kwargs.get("exc_info", (None, None, None))[1]
        said = problem.log_message if isinstance(problem, web.HTTPError) else None
        message = said or (
            "Something went wrong in this server. See its log."
            if status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
            else f"The request was refused ({HTTPStatus(status_code).phrase})."
        )
        self.refuse(status_code, HTTPStatus(status_code).name.lower(), message)

    async def _pass_on(
        self,
        path: str,
        queries: tuple[str, ...],
        *,
        endless: bool,
        complete: Complete | None,
    ) -> None:
        query = {
            name: values
            for name in queries
            if (values := self.get_query_arguments(name))
        }
        verb = self.request.method or "GET"
        body = self.request.body if verb == "POST" else None
        async with self.service.stream(
            verb, path, query=query, body=body, endless=endless
        ) as answer:
            self.set_status(answer.status)
            kind = answer.headers.get("Content-Type", "application/json")
            if kind.split(";")[0].strip() not in PASSED_TYPES:
                kind = "text/plain; charset=utf-8"
            self.set_header("Content-Type", kind)
            self.set_header("X-Content-Type-Options", "nosniff")
            for name in PASSED_HEADERS:
                if name in answer.headers:
                    self.set_header(name, answer.headers[name])
            if endless:
                await self.flush()
            pieces: AsyncIterator[bytes] = answer.content.iter_any()
            if complete is not None and answer.status == HTTPStatus.OK:
                pieces = _completed(answer, complete)
            async for piece in pieces:
                self.write(piece)
                # Reading goes on when the browser has taken this piece.
                await self.flush()
        self.finish(set_content_type=kind)

    def _end_broken(self) -> None:
        if self._headers_written:
            # A cut connection is the only way left to say that it is not all.
            self.request.connection.stream.close()
        else:
            self.refuse(HTTPStatus.BAD_GATEWAY, "service_unavailable", AWAY)


async def _completed(
    answer: aiohttp.ClientResponse, complete: Complete
) -> AsyncIterator[bytes]:
    yield await asyncio.to_thread(complete, await answer.read())
