"""The interface: clone what a link names, make links, examples."""

# mypy: disable-error-code="misc, untyped-decorator"
# jupyter_server counts as untyped, so its classes and decorators are Any.

from __future__ import annotations

import asyncio
import os
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path

from jupyter_server.auth.decorator import authorized
from tornado import web

from mofang_files.examples import EXAMPLES, copy_example, list_examples
from mofang_files.handlers import FilesHandler
from mofang_files.hub import HubClient
from mofang_files.links import describe_link
from mofang_files.repositories import CloneTask, Repositories

LINKS = "mofang_files_links"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerLinks:
    """What the handlers ask."""

    hub: HubClient
    repositories: Repositories
    home: Path
    browser: Path
    """Where paths of the file browser begin."""
    examples: Path = EXAMPLES
    frameworks: tuple[str, ...] = ()
    """Of this environment; empty where they are not known."""

    def browser_path(self, path: Path) -> str | None:
        """Return a path as the file browser has it; None where it is not below."""
        if not path.is_relative_to(self.browser):
            return None
        return path.relative_to(self.browser).as_posix()


class LinksHandler(FilesHandler):
    """What the handlers share."""

    @property
    def links(self) -> ServerLinks:
        found: ServerLinks = self.settings[LINKS]
        return found

    async def describe(self, task: CloneTask, path: str) -> dict[str, object]:
        """Return how a clone goes on, and what to open when it is done."""
        directory = task.directory
        opens = directory.joinpath(*path.split("/")) if path else directory
        is_done = task.state == "done"
        is_missing = is_done and not await asyncio.to_thread(opens.exists)
        return {
            "id": task.id,
            "state": task.state,
            "message": task.message,
            "directory": directory.name,
            "is_update": task.is_update,
            "renamed": task.renamed,
            "lines": list(task.lines),
            "opens": self.links.browser_path(directory if is_missing else opens),
            "is_missing": is_missing,
        }


class RepositoriesHandler(LinksHandler):
    """Begins to clone what a link names, if its person has agreed."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        repository, branch, path = self.read_body("repository", "branch", "path")
        link = await self.links.hub.ask_link(repository, branch, path)
        if not (link.is_confirmed or self.read_object().get("confirmed") is True):
            self.answer(
                {"state": "asks", "host": link.host, "directory": link.directory}
            )
            return
        task = await self.links.repositories.start(repository, branch, link.directory)
        self.answer(await self.describe(task, path), HTTPStatus.ACCEPTED)


class CloneHandler(LinksHandler):
    """How a clone goes on."""

    @web.authenticated
    @authorized
    async def get(self, task_id: str) -> None:
        task = self.links.repositories.find(task_id)
        path = self.get_query_argument("path", "")
        parts = path.split("/")
        if ".." in parts or "" in parts[:-1] or "\0" in path:
            path = ""
        self.answer(await self.describe(task, path))


class LinkPartsHandler(LinksHandler):
    """The parts of a link to a file."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        text = self.get_query_argument("path", "", strip=False)
        path = self.roots.find(text)
        file = path.root.path.joinpath(*path.parts)
        found = await asyncio.to_thread(
            describe_link, file, text.strip("/"), os.environ
        )
        self.answer(asdict(found))


class ExamplesHandler(LinksHandler):
    """The examples of the image, and a copy of one."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        links = self.links
        found = await asyncio.to_thread(list_examples, links.examples, links.frameworks)
        self.answer({"examples": [asdict(each) for each in found]})

    @web.authenticated
    @authorized
    async def post(self) -> None:
        (name,) = self.read_body("name")
        links = self.links
        copied = await asyncio.to_thread(copy_example, name, links.home, links.examples)
        self.answer(
            {
                "directory": links.browser_path(copied.directory),
                "opens": links.browser_path(copied.opens),
                "was_there": copied.was_there,
            }
        )


HANDLERS = [
    ("/mofang/files/api/repositories", RepositoriesHandler),
    (r"/mofang/files/api/repositories/([0-9a-f]+)", CloneHandler),
    ("/mofang/files/api/link", LinkPartsHandler),
    ("/mofang/files/api/examples", ExamplesHandler),
]
