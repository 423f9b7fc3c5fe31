"""Open a WebSocket of the service, refused in the words of every other call."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

import httpx
from typing_extensions import override
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI

from mofang import endpoints
from mofang.endpoints import Call
from mofang.errors import UnexpectedAnswerError
from mofang.settings import ClientSettings
from mofang.ssh.socket import CLOSE_SECONDS, ServiceSocket

OPENING_SECONDS = 60.0

MAX_MESSAGE_BYTES = 16 * 1024**2
"""Longer ones are none of the service's."""

PING_SECONDS = 20.0
"""Keeps what stands between here and there from ending a silent connection."""


class _Connect(connect):
    """Goes where it was sent and nowhere else, as all other calls do."""

    @override
    def process_redirect(self, exc: Exception) -> Exception:
        return exc


@asynccontextmanager
async def open_socket(
    settings: ClientSettings, call: Call[None], headers: Mapping[str, str]
) -> AsyncIterator[ServiceSocket]:
    """Open a WebSocket.

    Args:
        settings: Address, token and project.
        call: An endpoint that upgrades to a WebSocket.
        headers: Sent besides the token.

    Raises:
        MofangError: It was refused, or nobody answered.
    """
    request = call.request(settings)
    is_safe = request.url.scheme == "https"
    opening = _Connect(
        str(request.url.copy_with(scheme="wss" if is_safe else "ws")),
        additional_headers={
            "Authorization": request.headers["Authorization"],
            "Accept": request.headers["Accept"],
            **headers,
        },
        ssl=_trusted() if is_safe else None,
        proxy=settings.proxy(),
        compression=None,
        max_size=MAX_MESSAGE_BYTES,
        max_queue=4,
        open_timeout=OPENING_SECONDS,
        close_timeout=CLOSE_SECONDS,
        ping_interval=PING_SECONDS,
        # An answer may lie behind bytes that a slow ssh has not taken for long; that
        # nobody is there any more is noticed by ssh itself.
        ping_timeout=None,
    )
    with _reaching(settings.url, request):
        connection = await opening
    async with connection:
        yield ServiceSocket(connection)


def _trusted() -> ssl.SSLContext:
    """Return what the client's other calls trust."""
    with endpoints.trusting():
        return httpx.create_ssl_context()


@contextmanager
def _reaching(url: str, request: httpx.Request) -> Iterator[None]:
    with endpoints.reaching(url):
        try:
            yield
        except InvalidStatus as error:
            answer = error.response
            endpoints.check_status(
                httpx.Response(
                    answer.status_code,
                    headers=[
                        (name, value)
                        for name, value in answer.headers.raw_items()
                        # The body was read whole already.
                        if name.lower() not in {"content-encoding", "content-length"}
                    ],
                    content=bytes(answer.body),
                    request=request,
                )
            )
            raise _not_opened(request) from error
        except (InvalidHandshake, InvalidURI) as error:
            raise _not_opened(request) from error
        except TimeoutError as error:
            raise httpx.ConnectTimeout(str(error), request=request) from error
        except OSError as error:
            raise httpx.ConnectError(str(error), request=request) from error


def _not_opened(request: httpx.Request) -> UnexpectedAnswerError:
    return UnexpectedAnswerError(
        f"{request.url.host} did not open a WebSocket. Something between here and "
        "Mofang does not let it through, or the platform is older than this client."
    )
