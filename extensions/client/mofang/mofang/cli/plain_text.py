"""Show what a colleague's program has written without obeying it.

A terminal does what escape sequences and control characters say: it renames its window,
hides text, answers with keys. Of them only tabs, line ends and returns stay; colours go
too.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator

_SEQUENCE = re.compile(
    # CSI; then OSC, DCS and their like with their end; then all others.
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9c-\x9f]*"
    r"(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-OQ-WYZ\\`-~]"
)
_BEGUN = re.compile(
    r"(?:\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b\x90\x98\x9c-\x9f]*\x1b?|[ -/]*)?"
    r"|\x9b[0-?]*[ -/]*|[\x90\x98\x9d-\x9f][^\x07\x1b\x90\x98\x9c-\x9f]*\x1b?)\Z"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
MAX_SEQUENCE_CHARACTERS = 4096
"""One that is longer is shown, without what made it one."""


def plain_chunks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a text as it comes, without escape sequences and control characters."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    held = ""
    for chunk in chunks:
        text = _SEQUENCE.sub("", held + decoder.decode(chunk))
        begun = _BEGUN.search(text, max(len(text) - MAX_SEQUENCE_CHARACTERS, 0))
        end = begun.start() if begun else len(text)
        text, held = text[:end], text[end:]
        if shown := _CONTROLS.sub("", text):
            yield shown.encode()
    rest = _CONTROLS.sub("", _SEQUENCE.sub("", held + decoder.decode(b"", final=True)))
    if rest:
        yield rest.encode()
