"""An object of a bucket as JupyterLab opens it: a file that nobody can save. Pure."""

from __future__ import annotations

import base64
import mimetypes
from typing import Any

import nbformat

from mofang_files.buckets import ObjectHead
from mofang_files.errors import FilesError

Model = dict[str, Any]

_FORMATS = {"text": "text/plain", "base64": "application/octet-stream"}


class NotTextError(FilesError):
    """It was asked for as something that it is not."""

    code = "not_text"
    status = 415


def describe(path: str, head: ObjectHead, kind: str) -> Model:
    """Return the model of an object without its content.

    Args:
        path: In its source.
        head: What the store says of it.
        kind: As what it is asked for: ``file``, ``notebook``; empty for what its name
            says.
    """
    is_notebook = kind == "notebook" or (not kind and path.endswith(".ipynb"))
    modified = head.modified.isoformat()
    return {
        "name": path.rpartition("/")[2],
        "path": path,
        "type": "notebook" if is_notebook else "file",
        "writable": False,
        "size": head.size,
        "created": modified,
        "last_modified": modified,
        "mimetype": None if is_notebook else mimetypes.guess_type(path)[0],
        "content": None,
        "format": None,
    }


def with_content(model: Model, body: bytes, form: str) -> Model:
    """Return a model with its content.

    Args:
        model: Of the object.
        body: All of it.
        form: ``text`` or ``base64``; empty for what it is.

    Raises:
        NotTextError: It is not what it is asked for as.
    """
    if model["type"] == "notebook":
        return model | {"content": _notebook(body), "format": "json"}
    text = None if form == "base64" else _text(body)
    if text is None and form == "text":
        raise NotTextError(
            f"{model['name']} is no text in UTF-8. Download it, or read it by a "
            "program."
        )
    form = "base64" if text is None else "text"
    content = base64.b64encode(body).decode() if text is None else text
    return model | {
        "content": content,
        "format": form,
        "mimetype": model["mimetype"] or _FORMATS[form],
    }


def _text(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def _notebook(body: bytes) -> Model:
    try:
        found = nbformat.reads(body.decode(), as_version=4)
        nbformat.validate(found)
    except Exception as err:
        raise NotTextError(
            "The notebook cannot be read. Download it, and open it as text."
        ) from err
    for cell in found.cells:
        # What others wrote is not trusted because it says that it can be: JupyterLab
        # would run the scripts in its outputs.
        cell.metadata.pop("trusted", None)
    return dict(found)
