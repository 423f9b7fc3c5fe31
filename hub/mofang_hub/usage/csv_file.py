"""A report as comma-separated values, for spreadsheets. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from decimal import Decimal

from mofang_hub.sizing.samples import UsedRecord
from mofang_hub.usage.intervals import HOUR
from mofang_hub.usage.periods import day_of_number
from mofang_hub.usage.rates import UsageRates
from mofang_hub.usage.totals import UsageRecord, sum_by

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins with one of these is a formula to a spreadsheet."""

_DIGITS = Decimal("0.000001")
_GIB = 1024**3


def write_csv(
    records: Iterable[UsageRecord], rates: UsageRates, name_of: Callable[[str], str]
) -> str:
    """Return the file: a row for each day, project, person, type and model of GPU.

    Args:
        records: By day, person and type.
        rates: Columns are left out for what has no rates.
        name_of: Returns a person's name by their slug.
    """
    columns = ["day", "project", "person", "type", "gpu_model"]
    columns += ["cpu_hours", "gib_hours", "gpu_hours"]
    if rates.has_prices:
        columns += ["cost", "currency"]
    if rates.has_emissions:
        columns += ["kwh", "kg_co2e"]
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow(columns)
    groups = sum_by(
        records,
        lambda each: (
            each.period or 0,
            each.project,
            each.owner,
            each.workload_type or "",
            each.gpu_model,
        ),
    )
    for key in sorted(groups):
        period, project, owner, workload_type, model = key
        totals = groups[key]
        row = [str(day_of_number(period)), project, name_of(owner)]
        row += [workload_type, model]
        row += [_number(totals.cpu_hours), _number(totals.gib_hours)]
        row += [_number(totals.gpu_hours)]
        if rates.has_prices:
            row += [_number(rates.cost(totals)), rates.prices.currency]
        if rates.has_emissions:
            row += [_number(rates.kilowatt_hours(totals))]
            row += [_number(rates.kilograms(totals))]
        writer.writerow([_as_text(each) for each in row])
    return target.getvalue()


def write_used(records: Iterable[UsedRecord], name_of: Callable[[str], str]) -> str:
    """Return the file of what servers used: a row for each day, person, environment.

    Args:
        records: By day.
        name_of: Returns a person's name by their slug.
    """
    columns = ["day", "project", "person", "environment", "measured_hours"]
    columns += ["cpu_reserved_hours", "cpu_used_hours"]
    columns += ["gib_reserved_hours", "gib_used_hours"]
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow(columns)
    for each in sorted(records, key=lambda each: each.day or 0):
        row = [str(day_of_number(each.day or 0)), each.project, name_of(each.owner)]
        row += [each.environment]
        row += [
            _number(Decimal(amount) / HOUR)
            for amount in (
                each.seconds,
                each.cpu_reserved_seconds,
                each.cpu_seconds,
                each.memory_reserved_byte_seconds / _GIB,
                each.memory_byte_seconds / _GIB,
            )
        ]
        writer.writerow([_as_text(cell) for cell in row])
    return target.getvalue()


def _number(amount: Decimal) -> str:
    return f"{amount.quantize(_DIGITS):f}"


def _as_text(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
