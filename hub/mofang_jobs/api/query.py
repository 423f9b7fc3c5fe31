"""Read parameters of a request's query."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from mofang_kube.errors import InvalidError

MAX_NUMBER = 2**63 - 1

C = TypeVar("C", bound=StrEnum)


def read_number(name: str, text: str, *, minimum: int) -> int:
    """Return a whole number of the query.

    Args:
        name: Of the parameter.
        text: Its value.
        minimum: The smallest value accepted.

    Raises:
        InvalidError: It is not a number, or out of bounds.
    """
    digits = text.removeprefix("-")
    is_number = digits.isascii() and digits.isdecimal() and len(digits) <= len("9" * 19)
    if not is_number or not minimum <= int(text) <= MAX_NUMBER:
        raise InvalidError(
            f"{name} must be a whole number of at least {minimum}.",
            fields={name: f"A whole number of at least {minimum}."},
        )
    return int(text)


def read_choice(name: str, text: str, choices: type[C]) -> C:
    """Return one of several values of the query.

    Args:
        name: Of the parameter.
        text: Its value.
        choices: What it may be.

    Raises:
        InvalidError: It is none of these.
    """
    try:
        return choices(text)
    except ValueError:
        message = f"It is one of {', '.join(choices)}."
        raise InvalidError(
            f"The {name} asked for does not exist. {message}", fields={name: message}
        ) from None
