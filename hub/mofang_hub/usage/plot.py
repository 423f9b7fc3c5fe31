"""Usage over time as stacked bars: their geometry, and the same as a table. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from mofang_hub.usage.totals import Totals, UsageRecord, sum_by

WIDTH = 720
HEIGHT = 220
_SERIES = 5
"""Projects that have a colour of their own; what is left is one more."""

_OTHERS = "others"
_GAP = 0.25
"""Part of a bar's width that is left free."""


class UsageMeasure(StrEnum):
    """What is plotted."""

    GPU = "gpu"
    CPU = "cpu"
    MEMORY = "memory"

    @property
    def unit(self) -> str:
        """What the numbers count."""
        match self:
            case UsageMeasure.GPU:
                return "GPU-hours"
            case UsageMeasure.CPU:
                return "CPU-hours"
            case UsageMeasure.MEMORY:
                return "GiB-hours"

    def of(self, totals: Totals) -> Decimal:
        """Return it of totals."""
        match self:
            case UsageMeasure.GPU:
                return totals.gpu_hours
            case UsageMeasure.CPU:
                return totals.cpu_hours
            case UsageMeasure.MEMORY:
                return totals.gib_hours


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One project in one period, as a rectangle of the plot."""

    series: int
    """Number of its colour."""

    name: str
    label: str
    amount: Decimal
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlotRow:
    """One period, as a row of the table."""

    label: str
    amounts: tuple[Decimal, ...]
    """In the order of the plot's names."""

    x: float
    """Of its middle."""

    @property
    def total(self) -> Decimal:
        """Of all projects."""
        return sum(self.amounts, Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class UsagePlot:
    """Stacked bars, the greatest project at the bottom."""

    measure: UsageMeasure
    names: tuple[str, ...]
    """Of projects, and of what is left of them."""

    rows: tuple[PlotRow, ...]
    bars: tuple[Bar, ...]
    maximum: Decimal
    """Of the axis; 0 where nothing was used."""


def build_plot(
    records: Sequence[UsageRecord], labels: Mapping[int, str], measure: UsageMeasure
) -> UsagePlot:
    """Return the plot of what was used.

    Args:
        records: As they are to be seen.
        labels: What each period is called, in their order.
        measure: What is plotted.
    """
    by_project = sum_by(records, lambda each: each.project)
    ranked = sorted(by_project, key=lambda name: (-measure.of(by_project[name]), name))
    own = ranked[:_SERIES]
    names = (*own, *((_OTHERS,) if len(ranked) > len(own) else ()))
    amounts = sum_by(
        records,
        lambda each: (each.period, each.project if each.project in own else _OTHERS),
    )
    step = WIDTH / max(1, len(labels))
    rows = tuple(
        PlotRow(
            label=label,
            amounts=tuple(
                measure.of(amounts.get((period, name), Totals())) for name in names
            ),
            x=round((number + 0.5) * step, 2),
        )
        for number, (period, label) in enumerate(labels.items())
    )
    maximum = _round_up(max((each.total for each in rows), default=Decimal(0)))
    bars = tuple(
        bar
        for number, row in enumerate(rows)
        for bar in _stack(row, names, number * step, step, maximum)
    )
    return UsagePlot(
        measure=measure, names=names, rows=rows, bars=bars, maximum=maximum
    )


def _stack(
    row: PlotRow, names: Sequence[str], x: float, step: float, maximum: Decimal
) -> list[Bar]:
    """Return the rectangles of one period, from the bottom."""
    found, top = [], float(HEIGHT)
    for series, (name, amount) in enumerate(zip(names, row.amounts, strict=True)):
        if not amount:
            continue
        height = float(amount / maximum) * HEIGHT
        top -= height
        found.append(
            Bar(
                series=series,
                name=name,
                label=row.label,
                amount=amount,
                x=round(x + step * _GAP / 2, 2),
                y=round(top, 2),
                width=round(step * (1 - _GAP), 2),
                height=round(height, 2),
            )
        )
    return found


def _round_up(amount: Decimal) -> Decimal:
    """Return the next number that reads well on an axis: 1, 2 or 5 times a power."""
    if not amount:
        return Decimal(0)
    power = Decimal(10) ** amount.adjusted()
    return next(power * each for each in (1, 2, 5, 10) if power * each >= amount)
