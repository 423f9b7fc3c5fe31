"""Scripts of the hub's pages, as they were bundled when the package was built."""

from functools import cache
from importlib.resources import files


class PageScript:
    """A script that is read when a page first shows it.

    Args:
        name: Of the file.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __html__(self) -> str:
        """Return it, for a template that escapes what is no HTML.

        Raises:
            FileNotFoundError: The package is that of a checkout, where nobody has run
                ``jlpm build`` in ``extensions/hub_pages``.
        """
        return _read(self._name)


@cache
def _read(name: str) -> str:
    return files(__name__).joinpath("dist", name).read_text("utf-8")
