"""Folders ``share/jupyter`` with JupyterLab and extensions as builders leave them."""

import json
from pathlib import Path

LOAD = "static/remoteEntry.0123456789abcdef.js"
CHUNK = "static/7.fedcba9876543210.js"


def write_lab(share: Path, *, main: str = "main") -> Path:
    """Write JupyterLab's own files; return the folder that is served."""
    lab = share / "lab" / "static"
    lab.mkdir(parents=True)
    (lab / "index.html").write_text(
        '<script id="jupyter-config-data" type="application/json">'
        "{{ page_config | tojson }}</script>"
        "{% block favicon %}<link rel=icon>{% endblock %}"
        f'<script defer src="{{{{page_config.fullStaticUrl}}}}/{main}.js"></script>'
    )
    (lab / f"{main}.js").write_text("main()")
    (lab / "icons.svg").write_text("<svg/>")
    return lab


def write_extension(share: Path, name: str, *, load: str = LOAD) -> Path:
    """Write an extension's files; return its folder."""
    folder = share / "labextensions" / name
    (folder / "static").mkdir(parents=True)
    build = {"jupyterlab": {"_build": {"load": load, "extension": "./extension"}}}
    package = {"name": name, "version": "1.0.0", **build}
    (folder / "package.json").write_text(json.dumps(package))
    for path in (load, CHUNK, "static/style.js"):
        (folder / path).write_text(f"// {name}")
    return folder
