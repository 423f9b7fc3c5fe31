"""Jupyter Server's files, none of which the event loop waits for.

Jupyter Server's own asynchronous manager looks for files, opens and syncs them in the
event loop, and only reads and writes in threads. Here its synchronous one does all of
it, each call as a whole in a thread.
"""

# mypy: disable-error-code="misc, no-untyped-call, untyped-decorator"
# jupyter_server counts as untyped, so its classes and decorators are Any.

from __future__ import annotations

import inspect
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from http import HTTPStatus
from pathlib import Path
from typing import Any

from jupyter_server.services.contents.fileio import path_to_intermediate
from jupyter_server.services.contents.largefilemanager import (
    AsyncLargeFileManager,
    LargeFileManager,
)
from nbformat.sign import NotebookNotary
from tornado import web
from traitlets import Instance, default, dlink
from typing_extensions import override

from mofang_files.downloads import DownloadHandler
from mofang_files.errors import StorageAwayError
from mofang_files.signatures import ThreadedNotary
from mofang_files.storage_calls import StorageCalls, in_event_loop, raise_if_refused

_PATHS = ("path", "old_path", "new_path", "from_path", "to_path")
_OWN = {
    "checkpoints",
    "checkpoints_class",
    "checkpoints_kwargs",
    "event_logger",
    "files_handler_class",
    "files_handler_params",
    "post_save_hook",
    "pre_save_hook",
    "preferred_dir",
}
"""Settings that the files themselves have no use for, or a class of their own."""


class _Files(LargeFileManager):
    """What is done with files, in the thread of a call.

    Args:
        manager: Whose settings, hooks, signatures and events it has.
    """

    def __init__(self, manager: ThreadedFileManager) -> None:
        super().__init__(parent=manager.parent, log=manager.log)
        self._manager = manager
        self._signing = threading.RLock()
        common = set(self.trait_names(config=True)) - _OWN
        for name in common & set(manager.trait_names(config=True)):
            dlink((manager, name), (self, name))
        # Made now: several threads would each make one.
        self.checkpoints  # noqa: B018

    @default("notary")
    def _default_notary(self) -> NotebookNotary:
        notary: NotebookNotary = self._manager.notary
        return notary

    @override
    def run_pre_save_hooks(self, model: Any, path: str, **kwargs: Any) -> None:
        self._manager.run_pre_save_hooks(model, path, **kwargs)

    @override
    def run_post_save_hooks(self, model: Any, os_path: str) -> None:
        self._manager.run_post_save_hooks(model, os_path)

    @override
    def emit(self, data: Any) -> None:
        in_event_loop(partial(self._manager.emit, data))

    @override
    def check_and_sign(self, nb: Any, path: str = "") -> None:
        with self._signing:
            super().check_and_sign(nb, path)

    @override
    def mark_trusted_cells(self, nb: Any, path: str = "") -> None:
        with self._signing:
            super().mark_trusted_cells(nb, path)

    @override
    def trust_notebook(self, path: str) -> None:
        with self._signing:
            super().trust_notebook(path)

    @override
    @contextmanager
    def perm_to_403(self, os_path: str = "") -> Iterator[None]:
        """Surround each change of a file."""
        raise_if_refused()
        with super().perm_to_403(os_path):
            yield

    @override
    @contextmanager
    def atomic_writing(self, os_path: str, *args: Any, **kwargs: Any) -> Iterator[Any]:
        """Write a file, and put back what it was if the person was told it is not.

        What is synced and told late all the same is what nothing can be put back for: a
        file that is new, or in a directory where no copy of it may be made.
        """
        with super().atomic_writing(os_path, *args, **kwargs) as file:
            can_undo = _has_backup(os_path)
            if can_undo:
                raise_if_refused()
            yield file
            file.flush()
            os.fsync(file.fileno())
            if can_undo:
                raise_if_refused()


def _has_backup(os_path: str) -> bool:
    """Say whether Jupyter Server goes back to the old file if writing it fails."""
    path = Path(os_path)
    if path.is_symlink():
        path = path.parent / path.readlink()
    return Path(path_to_intermediate(str(path))).is_file()


def _in_thread(name: str, *, writes: bool = False) -> Callable[..., Any]:
    """Make a method that calls the one of ``_Files`` in a thread."""
    method = getattr(_Files, name)
    signature = inspect.signature(method)

    @wraps(method)
    async def call(self: ThreadedFileManager, *args: Any, **kwargs: Any) -> Any:
        given = signature.bind(self, *args, **kwargs).arguments
        paths = [given[each] for each in _PATHS if isinstance(given.get(each), str)]
        act = partial(method, self.files, *args, **kwargs)
        return await self.run(act, *paths, writes=writes)

    return call


class ThreadedFileManager(AsyncLargeFileManager):
    """The contents manager: refuses with 503 while the storage does not answer."""

    calls = Instance(StorageCalls, args=())
    """Makes the calls."""
    files = Instance(_Files)
    """Does what they are for."""

    @default("files")
    def _default_files(self) -> _Files:
        # Asked for at the latest by the configuration, which looks for a directory.
        return _Files(self)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # Made now: several threads would each make some.
        self.files  # noqa: B018

    async def run(
        self, act: Callable[[], Any], *paths: str, writes: bool = False
    ) -> Any:
        """Run something in a thread.

        Args:
            act: Called there.
            *paths: Of the file browser: what it reads or changes; none for its root.
            writes: Whether it changes something.

        Raises:
            tornado.web.HTTPError: The storage is away.
        """
        os_paths = [self._path_of(each) for each in paths or [""]]
        try:
            return await self.calls.run(act, *os_paths, writes=writes)
        except StorageAwayError as away:
            raise web.HTTPError(HTTPStatus.SERVICE_UNAVAILABLE, str(away)) from away

    def _path_of(self, path: str) -> str:
        """Return where a path of the file browser is, without a look."""
        return os.path.normpath(f"{self.root_dir}/{path}")

    @default("files_handler_class")
    def _default_files_handler_class(self) -> type[web.RequestHandler]:
        return DownloadHandler

    @default("notary")
    def _default_notary(self) -> NotebookNotary:
        return ThreadedNotary(parent=self)

    dir_exists = _in_thread("dir_exists")
    file_exists = _in_thread("file_exists")
    exists = _in_thread("exists")
    is_hidden = _in_thread("is_hidden")
    resolve_path = _in_thread("resolve_path")
    get = _in_thread("get")
    list_checkpoints = _in_thread("list_checkpoints")
    check_folder_size = _in_thread("check_folder_size")
    increment_filename = _in_thread("increment_filename")

    save = _in_thread("save", writes=True)
    new = _in_thread("new", writes=True)
    new_untitled = _in_thread("new_untitled", writes=True)
    copy = _in_thread("copy", writes=True)
    update = _in_thread("update", writes=True)
    rename = _in_thread("rename", writes=True)
    rename_file = _in_thread("rename_file", writes=True)
    delete = _in_thread("delete", writes=True)
    delete_file = _in_thread("delete_file", writes=True)
    trust_notebook = _in_thread("trust_notebook", writes=True)
    create_checkpoint = _in_thread("create_checkpoint", writes=True)
    restore_checkpoint = _in_thread("restore_checkpoint", writes=True)
    delete_checkpoint = _in_thread("delete_checkpoint", writes=True)
