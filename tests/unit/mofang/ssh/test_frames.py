"""What a server may send, in whatever pieces it comes."""

import base64

import pytest

from mofang.errors import UnexpectedAnswerError
from mofang.ssh.frames import FrameReader, Opcode, accept_of, frame, new_key


def sent(opcode, content, *, is_last=True):
    """Return a frame as servers send them: not masked."""
    size = len(content)
    head = bytes([(0x80 if is_last else 0) | opcode])
    if size < 126:
        return head + bytes([size]) + content
    if size < 1 << 16:
        return head + b"\x7e" + size.to_bytes(2, "big") + content
    return head + b"\x7f" + size.to_bytes(8, "big") + content


def unmasked(message):
    """Read a client's frame as servers do: byte by byte."""
    assert message[0] & 0x80
    assert message[1] & 0x80
    size, start = message[1] & 0x7F, 2
    if size > 125:
        start += 2 if size == 126 else 8
        size = int.from_bytes(message[2:start], "big")
    mask, content = message[start : start + 4], message[start + 4 :]
    assert len(content) == size
    return bytes(each ^ mask[n % 4] for n, each in enumerate(content))


@pytest.mark.parametrize("size", [0, 1, 3, 4, 125, 126, 127, 65535, 65536, 65541])
def test_what_we_send_is_masked_and_whole(size):
    content = bytes(n % 251 for n in range(size))
    message = frame(Opcode.BINARY, content)
    assert message[0] & 0x0F == Opcode.BINARY
    assert unmasked(message) == content


@pytest.mark.parametrize("step", [1, 2, 7, 100_000])
def test_frames_are_found_in_whatever_pieces_they_come(step):
    expected = [
        (Opcode.BINARY, b"a" * 70_000, True),
        (Opcode.PING, b"", True),
        (Opcode.BINARY, b"b" * 300, False),
        (Opcode.PONG, b"between", True),
        (Opcode.CONTINUATION, b"", True),
        (Opcode.TEXT, "é".encode(), True),
    ]
    stream = b"".join(sent(op, c, is_last=last) for op, c, last in expected)
    reader, found = FrameReader(), []
    for start in range(0, len(stream), step):
        found += reader.read(stream[start : start + step])
    assert [(each.opcode, each.content, each.is_last) for each in found] == expected


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n", id="no frames at all"),
        pytest.param(b"\x82\x81abcdx", id="masked by a server"),
        pytest.param(b"\xc2\x01x", id="an extension that nobody asked for"),
        pytest.param(b"\x83\x01x", id="an unknown kind"),
        pytest.param(b"\x89\x7e\x01\x00", id="a ping of 256 bytes"),
        pytest.param(b"\x82\x7f" + b"\xff" * 8, id="longer than can be held"),
    ],
)
def test_what_is_no_websocket_is_refused_before_it_is_gathered(content):
    with pytest.raises(UnexpectedAnswerError):
        list(FrameReader().read(content))


def test_the_proof_is_that_of_the_standard():
    assert accept_of("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert len(base64.b64decode(new_key())) == 16
    assert new_key() != new_key()
