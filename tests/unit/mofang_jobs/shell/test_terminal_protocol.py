"""What goes between a terminal and a container, and what does not."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mofang_jobs.domain.terminal_protocol import (
    STDIN_BYTES,
    exit_code_of,
    frames_of,
    output_message,
)


@pytest.mark.parametrize(
    ("message", "frames"),
    [
        pytest.param('["stdin", "ls\\r"]', [b"\x00ls\r"], id="keys"),
        pytest.param('["stdin", "é"]', ["\x00é".encode()], id="letters of any script"),
        pytest.param(
            '["set_size", 24, 80, 500, 900]',
            [b'\x04{"Height": 24, "Width": 80}'],
            id="a size",
        ),
        pytest.param('["set_size", 0, 80]', [], id="a size of none"),
        pytest.param('["set_size", 1e9, 80]', [], id="a size beyond all"),
        pytest.param('["set_size", "a", true]', [], id="a size that is none"),
        pytest.param('["stdin", 5]', [], id="no text"),
        pytest.param('["stdin"]', [], id="too short"),
        pytest.param("[]", [], id="empty"),
        pytest.param("{", [], id="no JSON"),
        pytest.param("[" * 100_000, [], id="too deep"),
        pytest.param('["setup", {}]', [], id="not a client's"),
    ],
)
def test_frames(message: str, frames: list[bytes]) -> None:
    assert list(frames_of(message)) == frames


@given(st.text())
def test_no_message_breaks_the_terminal(message: str) -> None:
    list(frames_of(message))


@given(st.text())
def test_what_is_typed_arrives_whole(text: str) -> None:
    typed = b"".join(frame[1:] for frame in frames_of(json.dumps(["stdin", text])))

    assert typed == text.encode("utf-8", "replace")


def test_a_long_paste_goes_in_pieces() -> None:
    frames = list(frames_of(json.dumps(["stdin", "x" * 100_000])))

    assert max(map(len, frames)) == STDIN_BYTES + 1
    assert sum(len(frame) - 1 for frame in frames) == 100_000


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (b'{"status": "Success"}', 0),
        (b'{"details": {"causes": [{"reason": "ExitCode", "message": "3"}]}}', 3),
        (b'{"details": {"causes": []}}', None),
        (b"[]", None),
        (b"?", None),
    ],
)
def test_exit_codes(status: bytes, code: int | None) -> None:
    assert exit_code_of(status) == code


def test_output_is_terminado_s() -> None:
    assert json.loads(output_message("a\x1b[0m")) == ["stdout", "a\x1b[0m"]
