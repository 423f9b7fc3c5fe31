"""The frames of a WebSocket (RFC 6455), as a client writes and reads them. Pure."""

from __future__ import annotations

import base64
import hashlib
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from mofang.errors import UnexpectedAnswerError

MAX_FRAME_BYTES = 16 * 1024**2
"""Longer ones are no frames of the service's."""

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_MASK_BYTES = 4
_MAX_CONTROL = 125
_TWO_BYTES, _EIGHT_BYTES = 126, 127


class Opcode(IntEnum):
    """What a frame is."""

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10

    @property
    def is_control(self) -> bool:
        """Whether it may stand between the parts of a message."""
        return self >= Opcode.CLOSE


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame that came."""

    opcode: Opcode
    content: bytes
    is_last: bool
    """Whether it ends its message."""


def new_key() -> str:
    """Return what a handshake must prove to have read."""
    return base64.b64encode(os.urandom(16)).decode()


def accept_of(key: str) -> str:
    """Return the proof."""
    digest = hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


def frame(opcode: Opcode, content: bytes) -> bytes:
    """Return a whole message as one frame, masked as a client's must be."""
    size = len(content)
    if size < _TWO_BYTES:
        head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", 0x80 | opcode, 0x80 | _TWO_BYTES, size)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | _EIGHT_BYTES, size)
    mask = os.urandom(_MASK_BYTES)
    return head + mask + _masked(content, mask)


def _masked(content: bytes, mask: bytes) -> bytes:
    # As one number each: Python has no quicker way to do it for every byte.
    size = len(content)
    stretched = (mask * (size // _MASK_BYTES + 1))[:size]
    mixed = int.from_bytes(content, "big") ^ int.from_bytes(stretched, "big")
    return mixed.to_bytes(size, "big")


class FrameReader:
    """Cuts what a server sends into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def read(self, content: bytes) -> Iterator[Frame]:
        """Take some bytes; yield the frames that they complete.

        Raises:
            UnexpectedAnswerError: They are none of a WebSocket's.
        """
        self._buffer += content
        while (found := self._cut()) is not None:
            yield found

    def _cut(self) -> Frame | None:
        buffer = self._buffer
        if len(buffer) < 2:  # noqa: PLR2004 - flags and length
            return None
        flags, size, start = buffer[0], buffer[1], 2
        if flags & 0x70 or size & 0x80:
            raise _broken()
        if size in {_TWO_BYTES, _EIGHT_BYTES}:
            start += 2 if size == _TWO_BYTES else 8
            if len(buffer) < start:
                return None
            size = int.from_bytes(buffer[2:start], "big")
        try:
            opcode = Opcode(flags & 0x0F)
        except ValueError as error:
            raise _broken() from error
        is_last = bool(flags & 0x80)
        if size > (_MAX_CONTROL if opcode.is_control else MAX_FRAME_BYTES):
            raise _broken()
        if len(buffer) < start + size:
            return None
        content = bytes(memoryview(buffer)[start : start + size])
        del buffer[: start + size]
        return Frame(opcode, content, is_last)


def _broken() -> UnexpectedAnswerError:
    return UnexpectedAnswerError(
        "What came through the connection is no WebSocket of the training service. "
        "Check the address, and what stands between here and there."
    )
