#!/usr/bin/env python3
"""Write the JSON schema of the wire format; with --check, only compare.

``extensions/shared/scripts/wire.mjs`` makes types and validation of TypeScript from it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from mofang_api.models.schema import build_wire_schema

SCHEMA = Path(__file__).resolve().parents[1] / "shared/schema/wire.json"


def main() -> int:
    """Write the file, or say whether it is up to date."""
    text = json.dumps(build_wire_schema(), indent=2, ensure_ascii=False) + "\n"
    if "--check" in sys.argv[1:]:
        if SCHEMA.exists() and SCHEMA.read_text(encoding="utf-8") == text:
            return 0
        print(f"{SCHEMA} is out of date.", file=sys.stderr)  # noqa: T201
        return 1
    SCHEMA.parent.mkdir(exist_ok=True)
    SCHEMA.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
