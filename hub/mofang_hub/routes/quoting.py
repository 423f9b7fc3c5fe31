"""Match every percent-encoding of a path, as RFC 3986 §6.2.2 has them equal.

JupyterHub quotes names in its own way (``@`` and ``~`` stay). Browsers, ``fetch`` with
``encodeURIComponent`` and other clients write ``%40`` for the former and may write hex
digits in lower case. configurable-http-proxy decodes a path before it matches; Envoy
compares bytes, but for unreserved characters, which its path normalisation decodes.
"""

import re
from urllib.parse import unquote_to_bytes

_UNRESERVED = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
)
_RAW_IN_PATHS = frozenset(b"!$&'()*+,;=:@")
"""May stand in a path as they are: sub-delims, and what a pchar adds (§3.3)."""


def path_pattern(path: str) -> str | None:
    """Return a pattern of RE2 for all spellings of a path; None where it has but one.

    Slashes separate segments and are matched as they are.
    """
    segments = [unquote_to_bytes(segment) for segment in path.split("/")]
    if all(byte in _UNRESERVED for segment in segments for byte in segment):
        return None
    return "/".join("".join(map(_byte_pattern, segment)) for segment in segments)


def _byte_pattern(byte: int) -> str:
    if byte in _UNRESERVED:
        return re.escape(chr(byte))
    quoted = "%" + "".join(
        digit if digit.isdigit() else f"[{digit}{digit.lower()}]"
        for digit in f"{byte:02X}"
    )
    return f"(?:{re.escape(chr(byte))}|{quoted})" if byte in _RAW_IN_PATHS else quoted
