"""Signatures of trusted notebooks, asked for by many threads."""

# mypy: disable-error-code="misc, no-untyped-call, untyped-decorator"
# nbformat is typed in part.

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from nbformat.sign import (
    MemorySignatureStore,
    NotebookNotary,
    SignatureStore,
    SQLiteSignatureStore,
)
from traitlets import default
from typing_extensions import override

_MEMORY = ":memory:"


class ThreadedSignatureStore(SignatureStore):
    """Opens the database for each question: a thread may not use another's connection.

    Callers see to it that there is one question at a time.
    """

    def __init__(self, db_file: str) -> None:
        self._file = db_file
        self._memory = MemorySignatureStore() if db_file == _MEMORY else None

    @override
    def store_signature(self, digest: str, algorithm: str) -> None:
        with self._opened() as store:
            store.store_signature(digest, algorithm)

    @override
    def check_signature(self, digest: str, algorithm: str) -> bool:
        with self._opened() as store:
            return bool(store.check_signature(digest, algorithm))

    @override
    def remove_signature(self, digest: str, algorithm: str) -> None:
        with self._opened() as store:
            store.remove_signature(digest, algorithm)

    @contextmanager
    def _opened(self) -> Iterator[SignatureStore]:
        if self._memory is not None:
            yield self._memory
            return
        store = SQLiteSignatureStore(self._file)
        try:
            if store.db_file == _MEMORY:
                # nbformat's own way out of a database that cannot be opened.
                self._memory = MemorySignatureStore()
            yield self._memory or store
        finally:
            store.close()


class ThreadedNotary(NotebookNotary):
    """Signs notebooks in whatever thread saves them."""

    @default("store_factory")
    def _default_store_factory(self) -> Callable[[], SignatureStore]:
        return lambda: ThreadedSignatureStore(self.db_file)
