import pytest

from mofang.notebook.terminal_text import shown_text


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        pytest.param("\x1b[1;32mdone\x1b[0m\r\n", "done\n", id="colours"),
        pytest.param(" 10%\r 50%\r100%\nend\n", "100%\nend\n", id="a progress bar"),
        pytest.param("10%\r20%\r", "20%", id="a progress bar that goes on"),
        pytest.param("a\x1b(Bb\x1b7\x1b=c", "abc", id="other escapes"),
        pytest.param("\x1b]0;title\x07text", "text", id="a title"),
        pytest.param("|\b/\b-\b done", " done", id="a spinner"),
        pytest.param("\b\bé\U0001f600\bx", "éx", id="a backspace at the start"),
        pytest.param("ab\b\b  \b\b", "", id="what was wiped out"),
        pytest.param("bell\x07\0\x7f", "bell", id="what no terminal shows"),
        pytest.param("a\tb\n\nc", "a\tb\n\nc", id="tabulators and empty lines"),
    ],
)
def test_a_log_is_shown_as_a_terminal_would(raw, shown):
    assert shown_text(raw) == shown
