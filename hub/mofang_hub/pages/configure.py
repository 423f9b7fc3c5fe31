"""The hub's pages: where templates and assets are, what the gallery shows."""

from pathlib import Path
from typing import Any

from jinja2 import Environment as Jinja
from jinja2 import FileSystemLoader, select_autoescape
from tornado import web

from mofang_hub.config.settings import Settings
from mofang_hub.pages.gallery import bounds_hint, gallery
from mofang_kube.errors import MofangError

_FOLDER = Path(__file__).parent
TEMPLATES = _FOLDER / "templates"
ASSETS = _FOLDER / "static"


def configure_pages(c: Any, settings: Settings) -> None:
    """Put our templates before JupyterHub's and the gallery in the start page."""
    del settings
    style = (ASSETS / "mofang.css").read_text(encoding="utf-8")
    script = (ASSETS / "gallery.js").read_text(encoding="utf-8")
    jinja = Jinja(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.filters["hint"] = bounds_hint

    async def form(spawner: Any) -> str:
        try:
            shown = await gallery(spawner)
        except MofangError as err:
            raise web.HTTPError(err.status, "%s", err.message) from err
        return jinja.get_template("gallery.html").render(gallery=shown)

    c.JupyterHub.template_paths = [str(TEMPLATES / "hub")]
    c.JupyterHub.template_vars = {"mofang_style": style, "mofang_script": script}
    c.MofangSpawner.options_form = form
    # The gallery is the first page: it has what runs and what may be started.
    c.JupyterHub.default_url = "/hub/spawn"
