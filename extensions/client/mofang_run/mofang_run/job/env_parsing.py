"""Read environment variables strictly: a wrong one is a sentence, not a guess. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

SHOWN = 40

T = TypeVar("T")


class SettingsError(Exception):
    """The platform or the command line told the wrapper something unusable."""


def read_number(
    environment: Mapping[str, str], name: str, *, default: int, minimum: int
) -> int:
    """Return a whole number.

    Args:
        environment: Environment variables.
        name: Name of the variable.
        default: Where the variable is not set or empty.
        minimum: Smallest value accepted.

    Raises:
        SettingsError: It is none, or less than ``minimum``.
    """
    text = environment.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or int(text) < minimum:
        raise SettingsError(
            f"{name} must be a whole number of at least {minimum}, not "
            f"{text[:SHOWN]!r}."
        )
    return int(text)


def read_mapping(environment: Mapping[str, str], name: str) -> dict[str, Any]:
    """Return a JSON object, empty where the variable is absent.

    Raises:
        SettingsError: It is not JSON, or no object.
    """
    return _read(environment, name, dict, "an object")


def read_list(environment: Mapping[str, str], name: str) -> list[Any]:
    """Return a JSON list, empty where the variable is absent.

    Raises:
        SettingsError: It is not JSON, or no list.
    """
    return _read(environment, name, list, "a list")


def _read(environment: Mapping[str, str], name: str, kind: type[T], article: str) -> T:
    text = environment.get(name, "")
    if not text:
        return kind()
    try:
        value = json.loads(text)
    except ValueError as error:
        raise SettingsError(
            f"{name} must be JSON, but {text[:SHOWN]!r} is not: {error}."
        ) from error
    if not isinstance(value, kind):
        raise SettingsError(f"{name} must be {article} in JSON, not {text[:SHOWN]!r}.")
    return value
