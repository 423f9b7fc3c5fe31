"""The page of jobs, for who has no server that runs, and what its script asks.

Below ``/hub/jobs/<project>/`` is the part of the training service's API that the page
needs, at the same paths as a server has it for its project. Each request is sent on in
the name of who is logged in; the service decides what they may do.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.handlers.base import BaseHandler
from jupyterhub.user import User
from tornado import web
from tornado.iostream import StreamClosedError
from typing_extensions import override

from mofang_api.models import Framework, JobState
from mofang_hub.pages.training_client import (
    NoSessionError,
    TrainingApiClient,
    TrainingUnavailableError,
)
from mofang_kube.errors import MofangError

_PASSED_HEADERS = (
    "Cache-Control",
    "Retry-After",
    "X-Log-Size",
    "X-Log-Next",
    "X-Log-Complete",
)
_PASSED_TYPES = ("application/json", "text/plain", "text/event-stream")

LIST_QUERIES = ("limit", "after", "state", "owner", "framework", "search")
LOG_QUERIES = ("offset", "limit", "follow")

AWAY = (
    "The training service does not answer. Jobs that run are not affected. Try again "
    "in a moment."
)
LOG_IN = "Your session has ended. Reload the page and log in again."
RELOAD = "You have logged in again since this page was opened. Reload it."


class JobsPageHandler(BaseHandler):  # type: ignore[misc] # JupyterHub has no types
    """The list of a project's jobs, or one of them; their script fills it."""

    @web.authenticated
    async def get(self, project: str = "", job: str = "") -> None:
        user = self.current_user
        context = user.spawner.context()
        try:
            await context.ready()
            projects = context.catalog.list_visible_projects(
                user.name, {group.name for group in user.groups}
            )
        except MofangError as err:
            raise web.HTTPError(err.status, "%s", err.message) from err
        problem = ""
        if project and project not in {each.name for each in projects}:
            self.set_status(HTTPStatus.NOT_FOUND)
            problem = (
                f"There is no project {project}, or you are not a member of it. Ask "
                "one of its admins to add you, or choose another project."
            )
        self.finish(
            await self.render_template(
                "jobs.html",
                projects=projects,
                frameworks=[each.value for each in Framework],
                states=[each.value for each in JobState],
                project="" if problem else project,
                job="" if problem else job,
                problem=problem,
            )
        )


class _ForwardHandler(APIHandler):  # type: ignore[misc] # likewise
    """Asks the training service in the name of who is logged in.

    By cookie alone: whoever has a token asks the service with it, and gets no more than
    the token is for.
    """

    _accept_token_auth = False

    @override
    def initialize(self, service: TrainingApiClient) -> None:
        self._service = service
        self._asking: asyncio.Future[None] | None = None

    @override
    def check_xsrf_cookie(self) -> None:
        if getattr(self, "_jupyterhub_user", self) is None:
            raise web.HTTPError(HTTPStatus.FORBIDDEN, LOG_IN)
        try:
            super().check_xsrf_cookie()
        except web.HTTPError as err:
            raise web.HTTPError(HTTPStatus.FORBIDDEN, RELOAD) from err

    async def forward(self, path: str, *queries: str, is_endless: bool = False) -> None:
        """Pass a request on, and its answer piece by piece as it comes.

        Args:
            path: Below ``api/projects/``, of checked parts.
            queries: Names of the parameters that are passed on.
            is_endless: Whether the answer may pause for as long as it likes.
        """
        self._asking = asyncio.ensure_future(
            self._forward(path, queries, is_endless=is_endless)
        )
        try:
            await self._asking
        except asyncio.CancelledError:
            if not self._asking.cancelled():
                self._asking.cancel()
                raise
        except StreamClosedError:
            pass  # The browser has gone; nobody is left to be told.
        except TrainingUnavailableError as err:
            self.log.warning("Training service: %s: %s", self.request.path, err)
            if self._headers_written:
                # A cut connection is the only way left to say that it is not all.
                self.request.connection.stream.close()
                return
            raise web.HTTPError(HTTPStatus.BAD_GATEWAY, AWAY) from err

    @override
    def on_connection_close(self) -> None:
        super().on_connection_close()
        if self._asking is not None:
            self._asking.cancel()

    async def _forward(
        self, path: str, queries: tuple[str, ...], *, is_endless: bool
    ) -> None:
        user, session = self.current_user, self.get_session_cookie()
        if not isinstance(user, User):
            raise web.HTTPError(HTTPStatus.FORBIDDEN, LOG_IN)
        # A token that its owner has revoked is made anew, once.
        for is_last in (False, True):
            try:
                token = self._service.tokens.get(user, session)
            except NoSessionError:
                raise web.HTTPError(HTTPStatus.FORBIDDEN, LOG_IN) from None
            async with self._service.ask(
                self.request.method,
                path,
                token=token,
                query=[
                    (name, value)
                    for name in queries
                    for value in self.get_query_arguments(name)
                ],
                forwarded_for=self._client(),
                is_endless=is_endless,
            ) as answer:
                if answer.status == HTTPStatus.UNAUTHORIZED:
                    self._service.tokens.forget(user, session)
                    if not is_last:
                        continue
                await self._pass_on(answer, is_endless=is_endless)
                return

    async def _pass_on(self, answer: Any, *, is_endless: bool) -> None:
        self.set_status(answer.status)
        kind = answer.headers.get("Content-Type", "application/json")
        if kind.split(";")[0].strip() not in _PASSED_TYPES:
            kind = "text/plain; charset=utf-8"
        self.set_header("Content-Type", kind)
        self.set_header("X-Content-Type-Options", "nosniff")
        for name in _PASSED_HEADERS:
            if name in answer.headers:
                self.set_header(name, answer.headers[name])
        if answer.status == HTTPStatus.NO_CONTENT:
            self.clear_header("Content-Type")
        if is_endless:
            await self.flush()
        async for piece in answer.content.iter_any():
            self.write(piece)
            # Reading goes on when the browser has taken this piece.
            await self.flush()
        self.finish()

    def _client(self) -> str:
        """Return who calls, as proxies write it down, the nearest last."""
        peer = self.request.connection.context.address
        address = str(peer[0]) if isinstance(peer, tuple) else ""
        said = self.request.headers.get_list("X-Forwarded-For")
        return ", ".join(each for each in (*said, address) if each)


class JobListHandler(_ForwardHandler):
    """A project's jobs."""

    async def get(self, project: str) -> None:
        await self.forward(f"{project}/jobs", *LIST_QUERIES)


class JobWatchHandler(_ForwardHandler):
    """Changes of a project's jobs, as server-sent events."""

    async def get(self, project: str) -> None:
        await self.forward(f"{project}/jobs/watch", is_endless=True)


class ForwardedJobHandler(_ForwardHandler):
    """One job."""

    async def get(self, project: str, job: str) -> None:
        await self.forward(f"{project}/jobs/{job}")

    async def delete(self, project: str, job: str) -> None:
        await self.forward(f"{project}/jobs/{job}")


class JobCancelHandler(_ForwardHandler):
    """The end of a job, wished for."""

    async def post(self, project: str, job: str) -> None:
        await self.forward(f"{project}/jobs/{job}/cancel")


class JobLogHandler(_ForwardHandler):
    """The log of one replica: a part of it, or all of it as it grows."""

    async def get(self, project: str, job: str, role: str, index: str) -> None:
        await self.forward(
            f"{project}/jobs/{job}/logs/{role}/{index}",
            *LOG_QUERIES,
            is_endless=self.get_query_argument("follow", "") == "true",
        )


# Only what can be a name gets to a handler, and from there into a path.
_PROJECT = r"([a-z](?:[a-z0-9-]{0,18}[a-z0-9])?)"
_JOB = r"([a-z](?:[a-z0-9-]{0,61}[a-z0-9])?)"
_REPLICA = r"([a-z](?:[a-z0-9-]{0,30}[a-z0-9])?)/([0-9]{1,5})"


def jobs_handlers(training_url: str | None) -> list[Any]:
    """Return the handlers of the page and of its requests.

    Args:
        training_url: Address of the training service; None where the hub has none.
    """
    if training_url is None:
        return []
    basis = {"service": TrainingApiClient(training_url)}
    jobs = rf"/jobs/{_PROJECT}/mofang/training/api/jobs"
    return [
        (r"/jobs", JobsPageHandler),
        (rf"/jobs/{_PROJECT}", JobsPageHandler),
        (rf"/jobs/{_PROJECT}/{_JOB}", JobsPageHandler),
        (jobs, JobListHandler, basis),
        (rf"{jobs}/watch", JobWatchHandler, basis),
        (rf"{jobs}/{_JOB}", ForwardedJobHandler, basis),
        (rf"{jobs}/{_JOB}/cancel", JobCancelHandler, basis),
        (rf"{jobs}/{_JOB}/logs/{_REPLICA}", JobLogHandler, basis),
    ]
