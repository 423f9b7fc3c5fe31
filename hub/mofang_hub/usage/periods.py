"""The day, week or month that a report is about; all days are UTC's. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Self

from mofang_kube.errors import InvalidError

EPOCH = date(1970, 1, 1)
_FIRST = date(2000, 1, 1)
_WEEK = timedelta(days=6)


class PeriodLength(StrEnum):
    """How many days a report has."""

    DAY = "day"
    WEEK = "week"
    """From Monday to Sunday."""

    MONTH = "month"


def day_number(day: date) -> int:
    """Return the number of a day since 1970."""
    return (day - EPOCH).days


def day_of_number(number: int) -> date:
    """Return the day of a number since 1970."""
    return EPOCH + timedelta(days=number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The days of a report, with those before and after."""

    length: PeriodLength
    first: date
    last: date

    @classmethod
    def around(cls, length: PeriodLength, day: date) -> Self:
        """Return the period with a day in it."""
        match length:
            case PeriodLength.DAY:
                first = last = day
            case PeriodLength.WEEK:
                first = day - timedelta(days=day.weekday())
                last = first + _WEEK
            case PeriodLength.MONTH:
                first = day.replace(day=1)
                after = (first + timedelta(days=31)).replace(day=1)
                last = after - timedelta(days=1)
        return cls(length=length, first=first, last=last)

    @classmethod
    def parse(cls, length: str, day: str, today: date) -> Self:
        """Return what a request names.

        Args:
            length: A ``PeriodLength``; empty for a month.
            day: Any day of the period as ``2026-11-30``; empty for today.
            today: The day.

        Raises:
            InvalidError: It names none; each field has its message.
        """
        faults = {}
        if length and length not in list(PeriodLength):
            faults["period"] = "Choose one of day, week and month."
        found = today
        try:
            found = date.fromisoformat(day) if day else today
        except ValueError:
            faults["date"] = "Write a day as 2026-11-30."
        if not _FIRST <= found <= today:
            faults["date"] = f"Choose a day from {_FIRST} to {today}."
        if faults:
            raise InvalidError(" ".join(faults.values()), fields=faults)
        return cls.around(PeriodLength(length or PeriodLength.MONTH), found)

    @property
    def before(self) -> date:
        """A day of the period before."""
        return self.first - timedelta(days=1)

    @property
    def after(self) -> date:
        """A day of the period after."""
        return self.last + timedelta(days=1)

    @property
    def title(self) -> str:
        """How people call it."""
        match self.length:
            case PeriodLength.DAY:
                return f"{self.first}"
            case PeriodLength.WEEK:
                return f"{self.first} to {self.last}"
            case PeriodLength.MONTH:
                return f"{self.first:%B %Y}"
