"""What all handlers of the service share: the caller, JSON, refusals, streams."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Mapping
from contextlib import ExitStack
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, ClassVar, TypeVar

import structlog
from pydantic import BaseModel, ValidationError
from tornado import web
from tornado.iostream import StreamClosedError
from typing_extensions import override

from mofang_api.errors import ErrorBody, field_messages
from mofang_audit.address import ClientAddress, client_address
from mofang_audit.event import AuditAction, AuditEvent, AuditOutcome
from mofang_jobs.api.context import ServiceContext
from mofang_jobs.domain.errors import (
    HubUnavailableError,
    TooManyError,
    UnauthorizedError,
)
from mofang_jobs.domain.models import Caller
from mofang_kube.errors import InvalidError, MofangError, RefusedError

log = structlog.get_logger(__name__)

MAX_INLINE_BYTES = 8 * 1024
"""Longer bodies are validated in a thread, so that nobody else waits for it."""

BAD_JSON_MESSAGE = "The body is not JSON that this service can read."

M = TypeVar("M", bound=BaseModel)


class ServiceHandler(web.RequestHandler):
    """Recognises the caller, reads and answers JSON, turns errors into answers."""

    is_public = False
    """Whether it answers callers that are not known."""

    is_stream = False
    """Whether its answers last as long as somebody listens."""

    audited: ClassVar[Mapping[str, AuditAction]] = MappingProxyType({})
    """Methods of HTTP whose requests are in the audit log, and as what."""

    @override
    def initialize(self, context: ServiceContext) -> None:
        self.context = context
        self.audited_job = ""
        self._caller: Caller | None = None
        self._work: asyncio.Future[Any] | None = None
        self._is_counted = False

    @property
    def caller(self) -> Caller:
        """Who sent the request."""
        if self._caller is None:
            raise AssertionError(self.request.path)
        return self._caller

    @property
    def caller_name(self) -> str | None:
        """The caller's name, for the log; None where nobody was recognised."""
        return self._caller.name if self._caller else None

    @override
    async def prepare(self) -> None:
        if self.is_public:
            return
        try:
            self._caller = await self.recognise()
            await self.context.limits.admit(self._caller, self.cost())
            if not self.is_endless():
                self.context.limits.begin_request(self._caller)
                self._is_counted = True
        except TooManyError:
            await self.context.limits.delay_refusal()
            raise

    def cost(self) -> int:
        """Return as how many requests this one counts."""
        return 1

    def is_endless(self) -> bool:
        """Say whether this request's answer lasts as long as somebody listens."""
        return self.is_stream

    @property
    def client_address(self) -> ClientAddress:
        """From where the request came."""
        return client_address(
            self.request.remote_ip or "",
            self.request.headers.get_list("X-Forwarded-For"),
            self.context.trusted_proxies,
        )

    @override
    def on_finish(self) -> None:
        if self._is_counted:
            self._is_counted = False
            self.context.limits.end_request(self.caller)
        self._record_in_audit_log()

    def _record_in_audit_log(self) -> None:
        action = self.audited.get(self.request.method or "")
        status, origin = self.get_status(), self.client_address
        # A WebSocket that was opened is recorded with its session. Strangers, and who
        # asks too often, must not fill the log; the request log has them.
        caller, left_out = (
            self._caller,
            (
                HTTPStatus.SWITCHING_PROTOCOLS,
                HTTPStatus.TOO_MANY_REQUESTS,
            ),
        )
        if action is None or caller is None or status in left_out:
            return
        about = self.path_kwargs or dict(
            zip(("project", "job"), self.path_args, strict=False)
        )
        event = AuditEvent(
            action=action,
            outcome=AuditOutcome.of_status(status),
            actor=caller.name,
            actor_kind="user" if caller.is_person else "service",
            project=about.get("project") or "",
            job=self.audited_job or about.get("job") or "",
            status=status,
            request=f"{self.request.method} {self.request.path}",
            address=origin.address,
            forwarded_for=origin.forwarded_for,
        )
        self.context.audit.record(event)

    @override
    def set_default_headers(self) -> None:
        self.clear_header("Server")
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Content-Security-Policy", "default-src 'none'")

    @override
    def check_xsrf_cookie(self) -> None:
        """Cookies are not read, so nothing can be done in somebody's name by them."""

    async def recognise(self) -> Caller:
        """Re-authenticate the request; a stream's token may have been revoked.

        Raises:
            UnauthorizedError: Nobody does any more.
            HubUnavailableError: The hub did not say.
            TooManyError: Too many tokens come from there that nobody has seen yet.
        """
        headers = self.request.headers
        # Proxies append who called them; only the last word is the gateway's.
        forwarded = headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        return await self.context.identity.identify(
            headers.get("Authorization"),
            peer=self.request.remote_ip or "",
            forwarded_for=forwarded[:64],
        )

    async def read_model(self, kind: type[M]) -> M:
        """Return the request's body as a model.

        Raises:
            InvalidError: It is not of that form; each field has its sentence.
        """
        body = self.request.body
        if len(body) <= MAX_INLINE_BYTES:
            return _parse(body, kind)
        return await asyncio.to_thread(_parse, body, kind)

    def answer(self, content: BaseModel, status: int = HTTPStatus.OK) -> None:
        """Answer with a model."""
        self.answer_json(content.model_dump_json(), status)

    def answer_json(self, text: str, status: int = HTTPStatus.OK) -> None:
        """Answer with a model that is JSON already."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(text)

    async def streaming(self, kind: str, work: Coroutine[Any, Any, None]) -> None:
        """Run what writes a stream; it is cancelled when the client leaves.

        It is cut when its token does not stand any more for who opened it, with the
        same rights; a client with another token opens it again.

        Raises:
            TooManyError: The caller has too many streams.
        """
        with ExitStack() as stack:
            try:
                stack.enter_context(self.context.limits.stream(self.caller))
            except TooManyError:
                work.close()
                await self.context.limits.delay_refusal()
                raise
            await self._stream(kind, work)

    async def _stream(self, kind: str, work: Coroutine[Any, Any, None]) -> None:
        self._work = asyncio.ensure_future(work)
        watch = asyncio.create_task(self._watch_caller())
        open_streams = self.context.metrics.streams.labels(kind=kind)
        open_streams.inc()
        try:
            await self._work
        except StreamClosedError:
            log.debug("client left", path=self.request.path)
        except asyncio.CancelledError:
            if not self._work.cancelled():
                self._work.cancel()
                raise
        finally:
            watch.cancel()
            open_streams.dec()

    async def _watch_caller(self) -> None:
        while True:
            await asyncio.sleep(self.context.recognise_seconds)
            try:
                is_same = await self.recognise() == self._caller
            except UnauthorizedError:
                is_same = False
            except (HubUnavailableError, TooManyError):
                continue
            if not is_same:
                # Not finished in order: what is followed has not ended.
                log.info("stream cut", path=self.request.path, user=self.caller_name)
                self.detach().close()
                self.on_connection_close()
                return

    @override
    def on_connection_close(self) -> None:
        if self._work is not None:
            self._work.cancel()

    @override
    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = (kwargs.get("exc_info") or (None, None, None))[1]
        body = _error_body(error, status_code)
        self.context.metrics.record_error(body.error)
        if isinstance(error, MofangError):
            self.set_status(error.status)
        if isinstance(error, TooManyError) and error.retry_seconds is not None:
            self.set_header("Retry-After", str(error.retry_seconds))
        self.set_header("Content-Type", "application/json")
        self.finish(body.model_dump_json())

    @override
    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        if isinstance(value, RefusedError | web.HTTPError):
            return
        about = {"path": self.request.path, "method": self.request.method}
        if isinstance(value, MofangError):
            log.warning("request failed", error=str(value), **about)
        else:
            log.error("request broke", exc_info=(typ, value, tb), **about)


def _parse(body: bytes, kind: type[M]) -> M:
    try:
        content = json.loads(body)
        if not isinstance(content, dict):
            raise InvalidError("The body must be a JSON object.")
        return kind.model_validate(content)
    except (ValueError, RecursionError) as err:
        if not isinstance(err, ValidationError):
            raise InvalidError(BAD_JSON_MESSAGE) from None
        fields = field_messages(err)
        whole = fields.get("")
        named = ", ".join(name for name in fields if name)
        message = whole or f"These fields must change: {named}."
        raise InvalidError(message, fields=fields) from None


def _error_body(error: BaseException | None, status: int) -> ErrorBody:
    if isinstance(error, MofangError):
        return ErrorBody(error=error.code, message=error.message, fields=error.fields)
    match status:
        case HTTPStatus.NOT_FOUND:
            message = "There is nothing at this address. Check its spelling."
        case HTTPStatus.METHOD_NOT_ALLOWED:
            message = "This cannot be done at this address."
        case _ if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            message = f"The request was refused: {HTTPStatus(status).phrase}."
        case _:
            message = (
                "Something went wrong in the training service; see its log. "
                "Jobs that run are not affected."
            )
    return ErrorBody(error=HTTPStatus(status).name.lower(), message=message)


class UnknownPathHandler(ServiceHandler):
    """Whatever is not there."""

    is_public = True

    @override
    async def prepare(self) -> None:
        raise web.HTTPError(HTTPStatus.NOT_FOUND)
