"""Read Kubernetes quantities such as ``500m`` and ``2Gi`` exactly."""

from __future__ import annotations

import re
from decimal import Decimal

_SUFFIXES = {
    "": Decimal(1),
    "m": Decimal("0.001"),
    **{s: Decimal(1000) ** n for n, s in enumerate("kMGTPE", 1)},
    **{f"{s}i": Decimal(1024) ** n for n, s in enumerate("KMGTPE", 1)},
}
_QUANTITY = re.compile(r"([0-9]{1,18}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})([A-Za-z]{0,2})")
_ALL_SUFFIXES = {**_SUFFIXES, "n": Decimal("1e-9"), "u": Decimal("1e-6")}
_NUMBER = r"([+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30}))"
_CANONICAL = re.compile(_NUMBER + r"(?:[eE]([+-]?[0-9]{1,2})|([A-Za-z]{0,2}))")


def parse_quantity(text: str) -> Decimal:
    """Return what a quantity counts: cores, or bytes.

    Raises:
        ValueError: The text is not a quantity; the sentence says what one is.
    """
    match = _QUANTITY.fullmatch(text)
    if match is None or match[2] not in _SUFFIXES:
        raise ValueError(
            f"{text[:40]!r} is not a quantity. Write a number and perhaps a unit, "
            "such as 500m or 2 for cores, 512Mi or 2Gi for memory."
        )
    return Decimal(match[1]) * _SUFFIXES[match[2]]


def read_quantity(text: str) -> Decimal:
    """Return what a quantity of Kubernetes' own counts, in any of its forms.

    People may write less than that: it turns 1024Pi into 1Ei and knows exponents.

    Raises:
        ValueError: The text is not a quantity.
    """
    match = _CANONICAL.fullmatch(text)
    if match is None or (match[3] or "") not in _ALL_SUFFIXES:
        raise ValueError(f"{text[:40]!r} is not a quantity of Kubernetes.")
    if match[2]:
        return Decimal(match[1]).scaleb(int(match[2]))
    return Decimal(match[1]) * _ALL_SUFFIXES[match[3] or ""]


def format_bytes(size: int) -> str:
    """Return a size as people read it: ``1.5 GiB``."""
    amount, units = float(size), ["bytes", *(f"{each}iB" for each in "KMGTPE")]
    while amount >= 1024 and len(units) > 1:  # noqa: PLR2004 - the base of the units
        amount /= 1024
        units.pop(0)
    return f"{amount:.4g} {units[0]}"
