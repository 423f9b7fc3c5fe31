#!/usr/bin/env python3
"""Write values.schema.json from values.schema.yaml; with --check, only compare."""

import json
import sys
from pathlib import Path

import yaml

CHART = Path(__file__).resolve().parent


def rendered_schema() -> str:
    """Return the JSON text that belongs to the YAML source."""
    source = (CHART / "values.schema.yaml").read_text(encoding="utf-8")
    return json.dumps(yaml.safe_load(source), indent=1) + "\n"


def main() -> int:
    """Write the file, or say whether it is up to date."""
    target = CHART / "values.schema.json"
    text = rendered_schema()
    if "--check" in sys.argv[1:]:
        return int(target.read_text(encoding="utf-8") != text)
    target.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
