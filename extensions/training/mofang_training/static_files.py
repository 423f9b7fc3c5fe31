"""JupyterLab's own page takes static files from the platform's common address.

It does where the image holds the very files that are there. Else, and whenever one of
them cannot be had, the browser takes them from this server, as it does by default.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, DictLoader, Environment, PrefixLoader

from mofang_api.static_files import URL_VARIABLE, StaticFiles, index_digest

DESCRIPTION = Path("share") / "mofang" / "static-files.json"
"""Where an image describes its static files, below the prefix of its Python."""

FALLBACK_OPTION = "mofangStaticFallback"
"""The page's option with common address → this server's; absent where there is none."""

PageConfig = dict[str, Any]
PageConfigHook = Callable[[Any, PageConfig], PageConfig]

_PAGE = """
{%%- extends "jupyterlab/index.html" -%%}
{%%- block favicon -%%}
<script>{%% raw %%}%s{%% endraw %%}</script>{{ super() }}
{%%- endblock -%%}
"""
"""JupyterLab's own with a script before its first."""


def use_common_address(
    settings: MutableMapping[str, Any],
    environment: Mapping[str, str],
    prefix: Path = Path(sys.prefix),
) -> None:
    """Make JupyterLab's page name the common address, where there is one.

    To be called once all extensions have been initialized: JupyterHub's sets the hook
    of the page's options without a look at one that is there.

    Args:
        settings: The web application's.
        environment: The server's variables.
        prefix: That of the image's Python.
    """
    url = environment.get(URL_VARIABLE, "")
    described = StaticFiles.read(prefix / DESCRIPTION)
    templates: Environment | None = settings.get("lab_jinja2_env")
    if not (url and described and templates and templates.loader):
        return
    page = CommonAddress(url.rstrip("/"), described, settings.get("page_config_hook"))
    settings["page_config_hook"] = page.change
    script = files(__package__).joinpath("static_fallback.js").read_text("utf-8")
    templates.loader = ChoiceLoader(
        [
            DictLoader({"index.html": _PAGE % script}),
            PrefixLoader({"jupyterlab": templates.loader}),
            templates.loader,
        ]
    )


@dataclass(frozen=True, slots=True)
class CommonAddress:
    """Changes the options of JupyterLab's page, each time it is made."""

    url: str
    described: StaticFiles
    before: PageConfigHook | None
    """The hook that was set already."""

    def change(self, handler: Any, page: PageConfig) -> PageConfig:
        """Return the options; the handler is that of JupyterLab's page."""
        if self.before is not None:
            page = self.before(handler, page)
        own = handler.static_url_prefix.rstrip("/")
        # The options are kept from page to page, this one too.
        page["fullStaticUrl"] = own
        fallback = {}
        if self._has_the_same_lab(Path(page.get("staticDir", ""))):
            page["fullStaticUrl"] = f"{self.url}/{self.described.lab}"
            fallback[page["fullStaticUrl"]] = own
        # One address for all: with an extension of the person's, it is this server's.
        if self._has_the_same_extensions(page):
            common = f"{self.url}/{self.described.extensions}"
            fallback[common] = page["fullLabextensionsUrl"].rstrip("/")
            page["fullLabextensionsUrl"] = common
        page[FALLBACK_OPTION] = fallback
        return page

    def _has_the_same_lab(self, folder: Path) -> bool:
        try:
            return index_digest(folder) == self.described.index
        except OSError:
            return False

    def _has_the_same_extensions(self, page: PageConfig) -> bool:
        loaded = {each["name"]: each["load"] for each in page["federated_extensions"]}
        return loaded == self.described.loads
