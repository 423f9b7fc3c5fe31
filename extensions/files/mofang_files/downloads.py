"""Files as they are, such as for a download or a picture in a notebook."""

# mypy: disable-error-code="misc, untyped-decorator"
# jupyter_server counts as untyped, so its classes and decorators are Any.

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import AuthenticatedFileHandler
from tornado import iostream, web
from typing_extensions import override

_PIECES = 16
"""Of 64 KiB each are read at once."""


class DownloadHandler(AuthenticatedFileHandler):
    """Sends a file that threads look for and read."""

    _validated: str | None = None
    _content: Iterator[bytes] | None = None

    @web.authenticated
    @authorized
    @override
    async def get(self, path: str, **kwargs: Any) -> None:
        self.path = self.parse_url_path(path)
        absolute = self.get_absolute_path(self.root, self.path)
        validate = partial(super().validate_absolute_path, self.root, absolute)
        self._validated = await self._run(validate, path)
        await super().get(path, **kwargs)
        if self._content is None:
            return
        read = partial(_read, self._content)
        # Whoever does not wait for the end closes the connection.
        with suppress(iostream.StreamClosedError):
            while content := await self._run(read, path):
                self.write(content)
                await self.flush()

    @override
    def validate_absolute_path(self, root: str, absolute_path: str) -> str | None:
        return self._validated

    @override
    def get_content(
        self, abspath: str, start: int | None = None, end: int | None = None
    ) -> Iterator[bytes]:
        """Keep the content for threads to read; Tornado reads in the event loop."""
        self._content = super().get_content(abspath, start, end)
        return iter(())

    async def _run(self, act: Any, path: str) -> Any:
        return await self.contents_manager.run(act, path)


def _read(content: Iterator[bytes]) -> bytes:
    return b"".join(islice(content, _PIECES))
