"""A colleague's log is shown in a terminal, and does nothing to it."""

import pytest

from mofang.cli.plain_text import MAX_SEQUENCE_CHARACTERS, plain_chunks

HOSTILE = (
    b"a\x1b]0;pwned\x07b\x1b[31mred\x1b[0m\x1b]52;c;cm0gLXJm\x1b\\c"
    b"\x1bP$q\x1b\\d\x9b2Je\xc2\x9b2Jf\x00\x08\x1b7g\x1bch\x7f"
)


def shown(*chunks: bytes) -> str:
    return b"".join(plain_chunks(chunks)).decode()


def test_what_a_terminal_obeys_is_dropped() -> None:
    # A byte that is no UTF-8 is no control character either.
    assert shown(HOSTILE) == "abredcd\ufffd2Jefgh"


def test_it_is_dropped_wherever_a_log_is_cut() -> None:
    for cut in range(len(HOSTILE)):
        assert shown(HOSTILE[:cut], HOSTILE[cut:]) == "abredcd\ufffd2Jefgh"
    pieces = [HOSTILE[n : n + 1] for n in range(len(HOSTILE))]
    assert shown(*pieces) == "abredcd\ufffd2Jefgh"


def test_text_stays_as_it_is() -> None:
    text = "10 %\r20 %\r\n\tnaïve ✓ 漢字\n"
    pieces = [text.encode()[n : n + 1] for n in range(len(text.encode()))]
    assert shown(text.encode()) == text
    assert shown(*pieces) == text


@pytest.mark.parametrize("begin", [b"\x1b]0;", b"\x1bP", b"\x1b["])
def test_a_sequence_without_end_holds_nothing_back_for_ever(begin: bytes) -> None:
    found = shown(begin, *[b"1" * 1000] * 20)

    assert "\x1b" not in found
    assert len(found) >= 20_000 - MAX_SEQUENCE_CHARACTERS


@pytest.mark.parametrize("start", ["\x9d", "\x1b]", "\x9b", "\x1b[", "\x90a"])
def test_a_log_of_nothing_but_starts_takes_time_in_proportion(start: str) -> None:
    """One pass over the rest from each start would take minutes."""
    text = (start * 200_000).encode()

    assert not set(shown(text)) & {"\x1b", "\x9b", "\x9d", "\x90"}
