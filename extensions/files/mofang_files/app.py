"""The server extension: settings from the environment, handlers."""

# mypy: disable-error-code="misc, untyped-decorator"
# jupyter_server counts as untyped, so its classes and decorators are Any.

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

from jupyter_server.extension.application import ExtensionApp
from jupyter_server.serverapp import ServerApp
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from traitlets import Unicode, default
from typing_extensions import override

from mofang_files import data_source_handlers, link_handlers
from mofang_files.buckets import BucketReader
from mofang_files.cleaned_root import CleanedRoot
from mofang_files.cleanup import Cleaner
from mofang_files.cleanup_handlers import (
    CLEANER,
    PROJECT_CLEANER,
    CleanUpHandler,
    DeleteHandler,
    UndoHandler,
)
from mofang_files.contents import ThreadedFileManager
from mofang_files.data_source_handlers import DATA, ServerData
from mofang_files.data_sources import DataSources
from mofang_files.examples import EXAMPLES
from mofang_files.git_identity import set_identity
from mofang_files.guarded import CHECK, guard
from mofang_files.handlers import (
    JOBS,
    ROOTS,
    SPACE,
    ContentHandler,
    JobUsageHandler,
    RestoreHandler,
    SpaceHandler,
    VersionsHandler,
)
from mofang_files.hub import HubClient
from mofang_files.job_usage import JobUsageReader
from mofang_files.kinds import project_layout
from mofang_files.link_handlers import LINKS, ServerLinks
from mofang_files.repositories import Repositories
from mofang_files.roots import Root, Roots
from mofang_files.space import SpaceReader
from mofang_files.space_status import SpaceStatus
from mofang_files.storage_check import BoundedQuestion, ask_storage


class FilesExtension(ExtensionApp):
    """Says what files take, cleans up, and restores previous versions."""

    name = "mofang_files"

    home = Unicode(help="The person's directory, as an absolute path.").tag(config=True)
    project = Unicode(help="The project's directory; empty for none.").tag(config=True)

    examples = Unicode(
        str(EXAMPLES), help="Where the image has its examples, as an absolute path."
    ).tag(config=True)
    git_protocols = Unicode(
        "https",
        help="""
        Protocols by which git may clone what a link names, separated by colons.

        The hub allows links to HTTPS addresses alone; change it only to develop.
        """,
    ).tag(config=True)

    @default("home")
    def _default_home(self) -> str:
        return str(Path.home())

    @default("project")
    def _default_project(self) -> str:
        project = os.environ.get("MOFANG_PROJECT", "")
        return f"/projects/{project}" if project else ""

    @override
    def _link_jupyter_server_extension(self, serverapp: ServerApp) -> None:
        """Have the server use our contents manager unless it has another one.

        It makes it only later, so this is the time to say which.
        """
        super()._link_jupyter_server_extension(serverapp)
        if serverapp.contents_manager_class is AsyncLargeFileManager:
            serverapp.contents_manager_class = ThreadedFileManager

    @override
    def initialize(self) -> None:
        super().initialize()
        guard(self.serverapp.web_app.default_router)

    def initialize_settings(self) -> None:
        """Make the directories known to the handlers."""
        found = [Root("home", Path(self.home))]
        if self.project:
            found.append(Root("project", Path(self.project)))
        roots = Roots(tuple(found), Path(self.serverapp.root_dir))
        self.settings[ROOTS] = roots
        check = BoundedQuestion(lambda: ask_storage(roots))
        self.settings[CHECK] = check
        self.settings[SPACE] = SpaceStatus(SpaceReader(roots), check)
        hub = HubClient.from_environment()
        home = Path(os.path.realpath(self.home))
        self.settings[CLEANER] = Cleaner(CleanedRoot(path=home), hub.snapshot)
        self.settings[PROJECT_CLEANER] = self._project_cleaner(hub)
        self.settings[JOBS] = JobUsageReader(home)
        self.settings[LINKS] = ServerLinks(
            hub=hub,
            repositories=Repositories(home, self.git_protocols),
            home=home,
            browser=Path(os.path.realpath(self.serverapp.root_dir)),
            examples=Path(self.examples),
            frameworks=tuple(
                filter(None, os.environ.get("MOFANG_FRAMEWORKS", "").split(","))
            ),
        )
        self._set_git_identity()
        config = os.environ.get("AWS_CONFIG_FILE")
        self.settings[DATA] = ServerData(
            sources=DataSources(config=Path(config) if config else None),
            reader=BucketReader(),
        )

    def _project_cleaner(self, hub: HubClient) -> Cleaner | None:
        """Return what cleans the project's directory up; None without a project."""
        if not self.project:
            return None
        name = Path(self.project).name
        root = CleanedRoot(
            path=Path(os.path.realpath(self.project)),
            shown=self.project,
            layout=project_layout(os.getuid()),
        )
        return Cleaner(
            root,
            partial(hub.project_snapshot, name),
            find_allowed=partial(hub.removable_kinds, name),
            find_unneeded=set,
        )

    def _set_git_identity(self) -> None:
        folder = Path(self.serverapp.runtime_dir) / "mofang-git"
        try:
            set_identity(os.environ, folder)
        except OSError as err:
            self.log.warning("git gets no identity from the hub: %s", err)

    def initialize_handlers(self) -> None:
        """Serve ``mofang/files``."""
        self.handlers.extend(
            HANDLERS + data_source_handlers.HANDLERS + link_handlers.HANDLERS
        )

    async def stop_extension(self) -> None:
        """Let go of the threads that ask stores, and end clones."""
        links: ServerLinks = self.settings[LINKS]
        await links.repositories.stop()
        data: ServerData = self.settings[DATA]
        data.threads.shutdown(wait=False, cancel_futures=True)


_PROJECT = {"cleaner": PROJECT_CLEANER}

HANDLERS: list[tuple[Any, ...]] = [
    ("/mofang/files/api/space", SpaceHandler),
    ("/mofang/files/api/jobs", JobUsageHandler),
    ("/mofang/files/api/cleanup", CleanUpHandler),
    ("/mofang/files/api/cleanup/undo", UndoHandler),
    ("/mofang/files/api/cleanup/delete", DeleteHandler),
    ("/mofang/files/api/project/cleanup", CleanUpHandler, _PROJECT),
    ("/mofang/files/api/project/cleanup/undo", UndoHandler, _PROJECT),
    ("/mofang/files/api/project/cleanup/delete", DeleteHandler, _PROJECT),
    ("/mofang/files/api/versions", VersionsHandler),
    ("/mofang/files/api/versions/content", ContentHandler),
    ("/mofang/files/api/versions/restore", RestoreHandler),
]
