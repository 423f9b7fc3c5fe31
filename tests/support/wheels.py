"""Tiny wheels for tests, built without an installer and without a network."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path


def build_wheel(
    folder: Path,
    name: str,
    version: str,
    *,
    requires: Iterable[str] = (),
    programs: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
) -> Path:
    """Build the wheel of a package that knows its own version.

    Args:
        folder: Where it goes.
        name: Of the package and its module, which has the text ``version``.
        version: Of both.
        requires: What it depends on.
        programs: Entry points by the names of console scripts.
        files: Further content by path; ``<name>.py`` is replaced by it.
    """
    about = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {requirement}\n" for requirement in requires)
    wheel = "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\n"
    wheel += "Tag: py3-none-any\n"
    contents = {
        f"{name}.py": f"version = {version!r}\n",
        **(files or {}),
        f"{about}/METADATA": metadata,
        f"{about}/WHEEL": wheel,
    }
    if programs:
        lines = "".join(f"{key} = {value}\n" for key, value in programs.items())
        contents[f"{about}/entry_points.txt"] = f"[console_scripts]\n{lines}"
    record = "".join(f"{file},{_hash(text)}\n" for file, text in contents.items())
    record += f"{about}/RECORD,,\n"
    path = folder / f"{name}-{version}-py3-none-any.whl"
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in {**contents, f"{about}/RECORD": record}.items():
            archive.writestr(file, text)
    return path


def _hash(text: str) -> str:
    """Return hash and size as a RECORD has them."""
    digest = hashlib.sha256(text.encode()).digest()
    encoded = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return f"sha256={encoded},{len(text.encode())}"
