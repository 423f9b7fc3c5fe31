"""The interface: data sources, what is in their buckets, one object."""

# mypy: disable-error-code="misc, untyped-decorator"
# jupyter_server counts as untyped, so its classes and decorators are Any.

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, TypeVar

from jupyter_server.auth.decorator import authorized
from tornado import web
from tornado.iostream import StreamClosedError

from mofang_files.buckets import BucketReader, Listing
from mofang_files.data_sources import BucketSource, DataSources
from mofang_files.handlers import FilesHandler
from mofang_files.object_model import describe, with_content

DATA = "mofang_files_data"

Result = TypeVar("Result")

_PART_BYTES = 2**20
_THREADS = 4
"""A store that does not answer holds up nothing but other questions to stores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerData:
    """What the handlers ask."""

    sources: DataSources
    reader: BucketReader
    threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(_THREADS, "mofang-buckets")
    )

    async def wait(self, work: Callable[[], Result]) -> Result:
        """Do what blocks beside the server's loop."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, work)


class DataHandler(FilesHandler):
    """What handlers of data sources share; none of them needs the home."""

    requires_storage: ClassVar[bool] = False

    @property
    def data(self) -> ServerData:
        found: ServerData = self.settings[DATA]
        return found

    def asked(self) -> tuple[BucketSource, str]:
        """Return the source and the path of the query.

        Raises:
            FilesError: There is no such source.
        """
        source = self.get_query_argument("source", "")
        path = self.get_query_argument("path", "", strip=False)
        return self.data.sources.bucket(source), path


class SourcesHandler(DataHandler):
    """All sources of this server."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        sources = self.data.sources
        found = [asdict(each) for each in sources.directories()]
        found += [
            {"name": each.name, "kind": each.kind, "location": each.location}
            for each in sources.buckets()
        ]
        self.answer({"sources": found})


class ObjectsHandler(DataHandler):
    """A page of what is at a path of a bucket."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        source, path = self.asked()
        starts = self.get_query_argument("starts", "", strip=False)
        # Not "token": Jupyter's own handlers take that for the person's.
        after = self.get_query_argument("after", "")
        reader = self.data.reader
        found = await self.data.wait(
            lambda: reader.list(source, path, starts=starts, after=after)
        )
        self.answer(_listing(found))


class ObjectHandler(DataHandler):
    """One object, as JupyterLab opens files."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        source, path = self.asked()
        kind = self.get_query_argument("type", "")
        form = self.get_query_argument("format", "")
        has_content = self.get_query_argument("content", "1") != "0"
        reader = self.data.reader

        def read() -> dict[str, Any]:
            if not has_content:
                return describe(path, reader.head(source, path), kind)
            body, head = reader.read(source, path)
            return with_content(describe(path, head, kind), body, form)

        self.answer(await self.data.wait(read))


class BucketDownloadHandler(DataHandler):
    """One object to be kept, of any size."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        source, path = self.asked()
        data = self.data
        opened = await data.wait(lambda: data.reader.open(source, path))
        try:
            # Whatever it is, the browser must not show it as a page of this server.
            self.set_header("Content-Type", "application/octet-stream")
            self.set_header("X-Content-Type-Options", "nosniff")
            self.set_header("Content-Length", str(opened.head.size))
            self.set_attachment_header(path.rpartition("/")[2] or source.name)
            while part := await data.wait(lambda: opened.read(_PART_BYTES)):
                self.write(part)
                await self.flush()
        except StreamClosedError:
            # Whoever wanted it has gone.
            return
        finally:
            opened.close()


def _listing(found: Listing) -> dict[str, object]:
    return {
        "directories": found.directories,
        "objects": [
            {
                "name": each.name,
                "size": each.size,
                "modified": each.modified.isoformat(),
            }
            for each in found.objects
        ],
        "next": found.next,
    }


HANDLERS = [
    ("/mofang/files/api/data", SourcesHandler),
    ("/mofang/files/api/data/objects", ObjectsHandler),
    ("/mofang/files/api/data/object", ObjectHandler),
    ("/mofang/files/api/data/download", BucketDownloadHandler),
]
