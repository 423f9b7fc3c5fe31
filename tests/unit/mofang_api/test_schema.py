"""The JSON schema of the wire format, of which TypeScript's types are made."""

import subprocess
import sys
from pathlib import Path

import mofang_api

REPOSITORY = Path(mofang_api.__file__).parents[4]
WRITER = REPOSITORY / "extensions" / "client" / "write_wire_schema.py"


def test_the_schema_of_the_wire_format_is_up_to_date():
    """Run `make wire` after a change of a model."""
    done = subprocess.run(
        [sys.executable, str(WRITER), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
