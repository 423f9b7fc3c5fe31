"""The hub's pages: where templates and assets are, and the gallery as HTML."""

from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jinja2 import Environment as Jinja
from jinja2 import FileSystemLoader, select_autoescape
from tornado import web

from mofang_hub.pages.client import find_wheels
from mofang_hub.pages.gallery import Gallery, gallery
from mofang_hub.pages.sizes import number
from mofang_hub.pages.user_servers import find_culled
from mofang_hub_pages import PageScript
from mofang_kube.errors import MofangError

TEMPLATES = Path(__file__).parent / "templates"
ASSETS = Path(__file__).parent / "static"
_START_AHEAD_SCRIPT = "start_ahead.js"
_GALLERY_SCRIPTS = ("gallery.js", "sizes.js", "servers.js", "live.js")


def configure_pages(
    c: Any,
    *,
    static_url: str = "",
    has_usage: bool = False,
    starts_ahead: bool = False,
) -> None:
    """Put our templates before JupyterHub's and the gallery in the start page.

    Args:
        c: traitlets' configuration object.
        static_url: Where JupyterLab is loaded ahead from; empty: it is not.
        has_usage: Whether there is a page of usage.
        starts_ahead: Whether the gallery asks for servers that are likely wanted.
    """
    style = (ASSETS / "mofang.css").read_text(encoding="utf-8")
    scripts = [*_GALLERY_SCRIPTS, *([_START_AHEAD_SCRIPT] if starts_ahead else [])]
    script = "\n".join((ASSETS / each).read_text(encoding="utf-8") for each in scripts)
    stop = (ASSETS / "stop.js").read_text(encoding="utf-8")
    preload = (ASSETS / "preload.js").read_text(encoding="utf-8")
    fragment = (ASSETS / "fragment.js").read_text(encoding="utf-8")
    usage_style = (ASSETS / "usage.css").read_text(encoding="utf-8")
    jobs_style = (ASSETS / "jobs.css").read_text(encoding="utf-8")

    async def form(spawner: Any) -> str:
        try:
            shown = await gallery(spawner)
        except MofangError as err:
            raise web.HTTPError(err.status, "%s", err.message) from err
        return render_gallery(shown)

    c.JupyterHub.template_paths = [str(TEMPLATES / "hub")]
    c.JupyterHub.template_vars = {
        "mofang_style": style,
        "mofang_script": script,
        "mofang_stop": stop,
        "mofang_fragment": fragment,
        "mofang_preload": preload,
        # JupyterHub calls what can be called, with who looks at a page.
        "mofang_culled": SimpleNamespace(find=find_culled),
        "mofang_static_url": static_url,
        "mofang_client": find_wheels(),
        "mofang_jobs": PageScript("jobs.js"),
        "mofang_jobs_style": jobs_style,
        "mofang_usage_style": usage_style,
        "mofang_has_usage": has_usage,
    }
    c.MofangSpawner.gallery = form
    # The gallery is the first page: it has what runs and what may be started.
    c.JupyterHub.default_url = "/hub/spawn"


def render_gallery(shown: Gallery) -> str:
    """Return HTML; every text of a person's is escaped."""
    return _jinja().get_template("gallery.html").render(gallery=shown)


@cache
def _jinja() -> Jinja:
    jinja = Jinja(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.filters["number"] = number
    return jinja
