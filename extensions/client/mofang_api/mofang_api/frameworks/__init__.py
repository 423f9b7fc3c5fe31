"""The frameworks: one module each, which declares everything the platform knows of it.

The service, the client and the manual read it from here. The wrapper ``mofang-run``,
which may import nothing of ours, and the form, which is TypeScript, have tables made
from it by ``extensions/client/write_frameworks.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules

from mofang_api.declarations import MAX_REPLICAS, FrameworkDeclaration, workers

DEFAULT_FRAMEWORK = "pytorch"
"""Of a job that names none."""

NOTEBOOK_FRAMEWORK = "single"
"""Of a job that runs one notebook."""


def _declared() -> Iterator[FrameworkDeclaration]:
    for module in iter_modules(__path__):
        declaration = import_module(f"{__name__}.{module.name}").DECLARATION
        if not isinstance(declaration, FrameworkDeclaration):
            raise TypeError(f"{__name__}.{module.name} declares no framework.")
        yield declaration


FRAMEWORKS: Mapping[str, FrameworkDeclaration] = {
    each.name: each for each in sorted(_declared(), key=lambda each: each.order)
}


def declaration_of(name: str) -> FrameworkDeclaration:
    """Return a framework's declaration.

    Of a framework that only newer versions know: one with workers alone; other roles
    are those that a job names.
    """
    return FRAMEWORKS.get(name) or FrameworkDeclaration(
        name=name,
        order=0,
        title=name,
        form_label=name,
        description="",
        roles=(workers(min_replicas=0, max_replicas=MAX_REPLICAS),),
        environment="",
        examples=(),
        examples_show="",
    )
