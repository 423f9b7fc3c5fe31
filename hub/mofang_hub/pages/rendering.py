"""The gallery as a part of an HTML page."""

from functools import cache
from pathlib import Path

from jinja2 import Environment as Jinja
from jinja2 import FileSystemLoader, select_autoescape

from mofang_hub.pages.gallery import Gallery, bounds_hint

TEMPLATES = Path(__file__).parent / "templates"


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
    jinja.filters["hint"] = bounds_hint
    return jinja
