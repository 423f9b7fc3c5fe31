"""Hooks of mkdocs: put what is generated from the code into the pages.

A page says ``[[generated:NAME]]`` on a line of its own; ``mofang_docs.sections`` has a
function of each name. Nothing of it is kept in the repository, so it cannot be out of
date.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

# mkdocs loads this file by its path, so the package is not known yet.
sys.path.insert(0, str(Path(__file__).parents[1]))

from mofang_docs.rest import document
from mofang_docs.sections import SECTIONS

MARK = re.compile(r"^\[\[generated:([a-z-]+)\]\]$", re.MULTILINE)


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the OpenAPI document, for programs."""
    text = json.dumps(document(), indent=2, ensure_ascii=False)
    files.append(File.generated(config, "users/openapi.json", content=text))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace each mark by its section."""
    return MARK.sub(lambda match: _section(match[1]), markdown)


def _section(name: str) -> str:
    try:
        write = SECTIONS[name]
    except KeyError:
        raise PluginError(f"There is no generated section {name}.") from None
    return write()
