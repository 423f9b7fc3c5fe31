"""Handlers of our own in place of JupyterHub's, in its list of them."""

from collections.abc import Callable
from typing import Any


def replace_handlers(
    handlers: list[Any], base: type, replacement: Callable[[type], type]
) -> list[Any]:
    """Return handlers of the hub, with another class for each of a kind.

    Args:
        handlers: Tuples of a pattern, a class and, maybe, its arguments.
        base: What those that are replaced inherit from.
        replacement: Returns the class in place of one.
    """
    return [
        (each[0], replacement(each[1]), *each[2:])
        if isinstance(each[1], type) and issubclass(each[1], base)
        else each
        for each in handlers
    ]
