"""Example scripts of other projects, taken from their source archives.

Nothing of them is kept in the repository. An archive is downloaded from the package
index that this machine's pip uses, compared with its hash, and kept in the cache.
"""

from __future__ import annotations

import hashlib
import os
import re
import ssl
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import httpx

# pip's own default is named nowhere else.
from pip._internal.models.index import PyPI

from mofang_images.indexes import index_variables
from mofang_local.local_paths import paths


class ArchiveError(Exception):
    """A source archive cannot be had, or is another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceArchive:
    """The source distribution of one version of a project."""

    project: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        """What the archive is called on every package index."""
        return f"{_normalized(self.project, '_')}-{self.version}.tar.gz"

    def extract(self, members: Iterable[str], folder: Path) -> None:
        """Write files of the archive below a folder, under their own paths.

        Raises:
            ArchiveError: The archive cannot be had, or has no such file.
        """
        root = self.file_name.removesuffix(".tar.gz")
        with tarfile.open(self.ensure()) as archive:
            for member in members:
                try:
                    opened = archive.extractfile(f"{root}/{member}")
                except KeyError:
                    opened = None
                if opened is None:
                    raise ArchiveError(f"{self.file_name} has no file {member}.")
                target = folder / member
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(opened.read())

    def ensure(self) -> Path:
        """Return where the archive lies, after a download if it is not there yet.

        Raises:
            ArchiveError: It cannot be downloaded, or its hash is another.
        """
        path = paths().cache / "sources" / self.file_name
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._download(path)
            except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
                raise ArchiveError(
                    f"{self.file_name} could not be downloaded ({error}). Check "
                    "how pip reaches its package index, or put the file into "
                    f"{path.parent}."
                ) from error
        self._verify(path)
        return path

    def _download(self, path: Path) -> None:
        with httpx.Client(
            verify=_authorities(), follow_redirects=True, timeout=180
        ) as http:
            url = self._find(http)
            # Several runs may download at once; each puts a whole file there.
            part = path.with_suffix(f".{os.getpid()}")
            try:
                with http.stream("GET", url) as answer, part.open("wb") as file:
                    answer.raise_for_status()
                    for piece in answer.iter_bytes():
                        file.write(piece)
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)

    def _verify(self, path: Path) -> None:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != self.sha256:
            path.unlink()
            raise ArchiveError(
                f"{path.name} had the hash {found} and not {self.sha256}, so it was "
                "removed. Run the test again."
            )

    def _find(self, http: httpx.Client) -> str:
        page = f"{package_index()}/{_normalized(self.project, '-')}/"
        answer = http.get(page, headers={"Accept": "text/html"})
        answer.raise_for_status()
        links = _Links()
        links.feed(answer.text)
        for link in links.found:
            if unquote(urlsplit(link).path).endswith(f"/{self.file_name}"):
                return urljoin(str(answer.url), link)
        raise ArchiveError(f"The package index of pip does not have {self.file_name}.")


class _Links(HTMLParser):
    """Where the anchors of a page lead."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name == "href" and value]


def package_index(variables: Mapping[str, str] | None = None) -> str:
    """Return the package index that pip uses on this machine."""
    said = index_variables() if variables is None else variables
    return (said.get("PIP_INDEX_URL") or PyPI.simple_url).rstrip("/")


def _normalized(project: str, joint: str) -> str:
    return re.sub(r"[-_.]+", joint, project).lower()


def _authorities() -> ssl.SSLContext:
    context = ssl.create_default_context()
    if certificates := os.environ.get("PIP_CERT"):
        context.load_verify_locations(certificates)
    return context
