"""Source archives: downloaded once, checked, and read file by file."""

import hashlib
import io
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from support.public_scripts import ArchiveError, SourceArchive, package_index

SCRIPT = b"print('hello')\n"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package index that pip is told of; returns the folder that it serves."""
    folder = tmp_path / "index"
    folder.mkdir()
    with ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(_Quiet, directory=str(folder))
    ) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/simple"
        monkeypatch.setenv("PIP_INDEX_URL", url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        yield folder
        server.shutdown()
        thread.join()


def publish(index: Path) -> SourceArchive:
    """Put a project with one example into the index."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo("some_project-1.0/demo/hello.py")
        member.size = len(SCRIPT)
        archive.addfile(member, io.BytesIO(SCRIPT))
    page = index / "simple" / "some-project"
    page.mkdir(parents=True)
    (index / "files").mkdir()
    (index / "files" / "some_project-1.0.tar.gz").write_bytes(packed.getvalue())
    link = '<a href="../../files/some_project-1.0.tar.gz#sha256=0">archive</a>'
    (page / "index.html").write_text(f"<html><body>{link}</body></html>")
    digest = hashlib.sha256(packed.getvalue()).hexdigest()
    return SourceArchive(project="Some.Project", version="1.0", sha256=digest)


def test_a_file_of_an_archive_is_unpacked_unchanged(
    index: Path, tmp_path: Path
) -> None:
    archive = publish(index)

    archive.extract(["demo/hello.py"], tmp_path / "unpacked")

    assert (tmp_path / "unpacked/demo/hello.py").read_bytes() == SCRIPT


def test_an_archive_is_downloaded_once(index: Path) -> None:
    archive = publish(index)
    path = archive.ensure()

    (index / "files" / archive.file_name).unlink()

    assert archive.ensure() == path
    assert sorted(path.parent.iterdir()) == [path], "nothing half-written is left"


def test_an_archive_with_another_hash_is_refused_and_not_kept(index: Path) -> None:
    archive = publish(index)
    (index / "files" / archive.file_name).write_bytes(b"another")

    with pytest.raises(ArchiveError, match="and not"):
        archive.ensure()
    with pytest.raises(ArchiveError, match="and not"):
        archive.ensure()


def test_what_the_index_lacks_is_named(index: Path) -> None:
    published = publish(index)
    newer = SourceArchive(project=published.project, version="2.0", sha256="")

    with pytest.raises(ArchiveError, match=r"does not have some_project-2\.0"):
        newer.ensure()


def test_an_index_out_of_reach_says_what_to_check(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = publish(index)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")

    with pytest.raises(ArchiveError, match="how pip reaches its package index"):
        archive.ensure()


def test_a_missing_member_is_named(index: Path, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"no file demo/other\.py"):
        publish(index).extract(["demo/other.py"], tmp_path)


def test_the_index_is_that_of_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    assert package_index({"PIP_INDEX_URL": "https://a.test/simple/"}) == (
        "https://a.test/simple"
    )
    assert package_index({}).startswith("https://")
