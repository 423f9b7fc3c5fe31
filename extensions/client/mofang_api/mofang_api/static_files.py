"""JupyterLab's static files at an address that all servers share.

An image is described when it is built: which files JupyterLab and its extensions load
in browsers, as digests of their contents. The platform serves the same files below
``<common address>/<digest>/``, so servers of different images that hold the same files
name the same addresses, and an address never gets other files.

    python -m mofang_api.static_files SHARE…

describes the folders ``share/jupyter`` of an image.
"""

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

URL_VARIABLE = "MOFANG_STATIC_URL"
"""Tells a server where the common address is; absent where the platform has none."""

COMPRESSED = (".br", ".gz")
"""Ends of the names of compressed copies, which lie beside the files served."""

LAB = Path("lab") / "static"
EXTENSIONS = Path("labextensions")

_DIGEST_LENGTH = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticFiles:
    """What an image holds of JupyterLab's static files."""

    lab: str
    """Path of JupyterLab's own below the common address."""
    index: str
    """Digest of JupyterLab's page, which names the first script by its contents."""
    extensions: str
    """Path of the extensions below the common address."""
    loads: Mapping[str, str]
    """Extension → its first script, which its builder named by its contents."""

    @classmethod
    def describe(cls, shares: Sequence[Path]) -> Self:
        """Describe the folders ``share/jupyter`` that an image's files come from.

        Raises:
            OSError: JupyterLab is in none of them.
        """
        lab = next((each / LAB for each in shares if (each / LAB).is_dir()), LAB)
        found = find_extensions(shares)
        return cls(
            lab=f"lab/{_digest({'.': lab})}",
            index=index_digest(lab),
            extensions=f"labextensions/{_digest(found)}",
            loads={name: _load(folder) for name, folder in found.items()},
        )

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """Read an image's description; None where it has none, or one unknown to us."""
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def write(self) -> str:
        """Return the description as JSON."""
        return json.dumps(asdict(self), indent=1, sort_keys=True)


def find_extensions(shares: Sequence[Path]) -> dict[str, Path]:
    """Return name → folder of the extensions that JupyterLab finds in these folders."""
    found: dict[str, Path] = {}
    for share in shares:
        for pattern in ("[!@]*/package.json", "@*/*/package.json"):
            for manifest in sorted((share / EXTENSIONS).glob(pattern)):
                package = _package(manifest)
                if "_build" in package.get("jupyterlab", {}):
                    found.setdefault(package["name"], manifest.parent)
    return dict(sorted(found.items()))


def index_digest(lab: Path) -> str:
    """Hash JupyterLab's page as it lies in an image.

    Raises:
        OSError: It is not there.
    """
    return hashlib.sha256((lab / "index.html").read_bytes()).hexdigest()


def _digest(folders: Mapping[str, Path]) -> str:
    """Hash paths and contents of all files of folders, each under its name."""
    total = hashlib.sha256()
    for name, folder in folders.items():
        for file in _files(folder):
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            path = file.relative_to(folder).as_posix()
            total.update(json.dumps([name, path, content]).encode())
    return total.hexdigest()[:_DIGEST_LENGTH]


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix not in COMPRESSED:
            yield path


def _load(folder: Path) -> str:
    build = _package(folder / "package.json")["jupyterlab"]["_build"]
    return str(build["load"])


def _package(manifest: Path) -> dict[str, Any]:
    package: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
    return package


if __name__ == "__main__":
    described = StaticFiles.describe([Path(each) for each in sys.argv[1:]])
    print(described.write())  # noqa: T201 - what was asked for.
