"""Numbers of the page of usage as people read them. Pure."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

_GIB = 1024**3
_HOUR = 3600
_MILLI = 1000
_HUNDRED = 100


def number(amount: Decimal) -> str:
    """Say an amount: two digits below the point for small ones, none for great ones."""
    if not amount:
        return "0"
    if amount < Decimal("0.01"):
        return "< 0.01"
    return f"{amount:,.0f}" if amount >= _HUNDRED else f"{amount:.2f}"


def cores(millicores: int) -> str:
    """Say a number of cores."""
    return _plain(Decimal(millicores) / _MILLI)


def gib(size: int) -> str:
    """Say bytes in GiB."""
    return _plain(Decimal(size) / _GIB)


def hours(amount: float) -> str:
    """Say amounts times seconds as times hours."""
    return number(Decimal(amount) / _HOUR)


def gib_hours(amount: float) -> str:
    """Say bytes times seconds as GiB times hours."""
    return number(Decimal(amount) / _GIB / _HOUR)


def time_of(seconds: int) -> str:
    """Say a time in UTC, to the minute."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}"


def _plain(amount: Decimal) -> str:
    return f"{amount:,.1f}".removesuffix(".0")


NUMBERS: Mapping[str, Callable[[Any], str]] = MappingProxyType(
    {
        "number": number,
        "cores": cores,
        "gib": gib,
        "hours": hours,
        "gib_hours": gib_hours,
        "time_of": time_of,
    }
)
"""What the template may call."""
