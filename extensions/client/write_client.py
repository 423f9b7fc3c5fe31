#!/usr/bin/env python3
"""Write the blocking client from the one of asyncio; with --check, only compare.

The result is plain code: types, tracebacks, a debugger and Ctrl-C show what runs, which
a runner of an event loop in another thread would hide.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from unasync import Rule, unasync_files

PACKAGE = Path(__file__).resolve().parent / "mofang" / "mofang"
SOURCE, TARGET = PACKAGE / "async_client.py", PACKAGE / "client.py"

HEAD = "# Made from async_client.py by extensions/client/write_client.py: edit there.\n"

REPLACEMENTS = {
    "AsyncBaseTransport": "BaseTransport",
    "AsyncClient": "Client",
    "AsyncHTTPTransport": "HTTPTransport",
    "aclose": "close",
    "aiter_bytes": "iter_bytes",
    "aiter_sse": "iter_sse",
    "aread": "read",
    "asyncio": "time",  # Of which only sleep is used.
    "run_in_thread": "run_here",
}


def blocking_client() -> str:
    """Return the module of the blocking client."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "async", "client.py"), Path(folder, "sync")
        source.parent.mkdir()
        source.write_bytes(SOURCE.read_bytes())
        rule = Rule(str(source.parent), str(target), REPLACEMENTS)
        unasync_files([str(source)], [rule])
        text = HEAD + "\n" + (target / "client.py").read_text(encoding="utf-8")
    text = _ruff(text, "check", "--select=I", "--fix", "--quiet")
    return _ruff(text, "format", "--quiet")


def _ruff(text: str, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 - the formatter of this environment
        [
            sys.executable,
            "-m",
            "ruff",
            *arguments,
            "--stdin-filename",
            str(TARGET),
            "-",
        ],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def main() -> int:
    """Write the file, or say whether it is up to date."""
    text = blocking_client()
    if "--check" in sys.argv[1:]:
        is_stale = TARGET.read_text(encoding="utf-8") != text
        if is_stale:
            print(f"{TARGET} is out of date: run `make client`.", file=sys.stderr)  # noqa: T201
        return int(is_stale)
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
