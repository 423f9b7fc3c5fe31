"""Print the document as JSON."""

from __future__ import annotations

import json
import sys

from mofang_jobs.api.openapi import build_document

json.dump(build_document(), sys.stdout, indent=2, ensure_ascii=False)
sys.stdout.write("\n")
