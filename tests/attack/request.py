"""A hostile request: bytes, who sends them and to whom, and what must not come back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

HeaderList = Sequence[tuple[str | bytes, str | bytes]]


class To(StrEnum):
    """Who is asked."""

    GATEWAY = "gateway"
    """From outside, as everybody is."""

    HUB = "hub"
    """From a pod of another project, past the gateway."""

    TRAINING = "training"
    """Likewise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request."""

    payload: bytes
    """All that is sent, on a connection."""

    caller: str
    """Name of the ``Caller`` whose token or cookie is in it."""

    method: str = ""
    """Empty: it may not end as HTTP says, and gets a connection of its own."""

    to: To = To.GATEWAY

    must_be_refused: bool = True
    """Whether any 2xx, and any WebSocket that opens, is a success of the attacker.

    False where the caller may have an answer: canaries and changes of other people's
    things are looked for all the same."""

    is_stream: bool = False
    """Whether an answer may go on for as long as somebody listens."""

    may_close: bool = False
    """Whether the documentation says that it is closed without an answer."""


def compose(
    method: str | bytes,
    target: str | bytes,
    *,
    host: str | bytes,
    headers: HeaderList = (),
    body: bytes | None = None,
) -> bytes:
    """Write a request as it goes over the wire; nothing is checked or escaped.

    Args:
        method: First word.
        target: Path and query, as they are sent.
        host: Header Host; empty for none.
        headers: Further ones, in this order, duplicates included.
        body: None for none, else with its length unless a header says otherwise.
    """
    lines = [b" ".join((_bytes(method), _bytes(target), b"HTTP/1.1"))]
    if host:
        lines.append(b"Host: " + _bytes(host))
    lines += [_bytes(name) + b": " + _bytes(text) for name, text in headers]
    names = {_bytes(name).lower() for name, _ in headers}
    if body is not None and not names & {b"content-length", b"transfer-encoding"}:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join([*lines, b"", body or b""])


def chunks(pieces: Iterable[bytes], extension: bytes = b"") -> bytes:
    """Write a body in chunks, to its end."""
    coded = [
        b"%x%s\r\n%s\r\n" % (len(each), extension, each) for each in pieces if each
    ]
    return b"".join([*coded, b"0\r\n\r\n"])


def _bytes(text: str | bytes) -> bytes:
    if isinstance(text, bytes):
        return text
    return text.encode("utf-8", errors="surrogatepass")
