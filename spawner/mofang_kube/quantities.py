"""Kubernetes' quantities as numbers."""

import re
from decimal import Decimal

_FORM = re.compile(r"([0-9]+|[0-9]*\.[0-9]+)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?")
_FACTORS = {
    "": Decimal(1),
    "m": Decimal("0.001"),
    **{unit: Decimal(1000) ** power for power, unit in enumerate("kMGTPE", 1)},
    **{f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTPE", 1)},
}

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_STEP = 1024


def parse_quantity(text: str) -> Decimal:
    """The number behind ``500m`` or ``4Gi``.

    Raises:
        ValueError: It has another form.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a quantity: write it as 2, 500m or 4Gi")
    return Decimal(found[1]) * _FACTORS[found[2] or ""]


def readable_size(size: int) -> str:
    """Say bytes as a person does: ``1.5 GiB``."""
    value = float(size)
    for unit in _UNITS:
        if value < _STEP or unit == _UNITS[-1]:
            break
        value /= _STEP
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
