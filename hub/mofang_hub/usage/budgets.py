"""What projects and people may reserve in a month, and how much of it is gone.

A budget stops nothing: whoever comes near it, or is above it, reads so on the page of
usage and where they start servers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from mofang_hub.settings import BudgetSettings, BudgetsSettings
from mofang_hub.usage.book import UsageBook
from mofang_hub.usage.intervals import DAY
from mofang_hub.usage.periods import Period, PeriodLength, day_number, day_of_number
from mofang_hub.usage.query import UsageKey, UsageQuery, UsageViewer
from mofang_hub.usage.rates import UsageRates
from mofang_hub.usage.totals import Totals, UsageRecord, sum_by
from mofang_kube.names import user_slug

_KEPT_SECONDS = 60.0
"""For which a sum of the month serves everybody who asks."""

_ALL = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetState:
    """How much of one budget is gone in this month."""

    project: str = ""
    """Whose it is; empty for a person's."""
    owner: str = ""
    """The person's slug; empty for a project's."""
    unit: str
    """``GPU-hours``, or a currency."""
    used: Decimal
    limit: Decimal
    month: str
    """Its name."""
    warn_percent: int

    @property
    def percent(self) -> int:
        """How much is gone, rounded down; may be above 100."""
        return int(self.used * _ALL / self.limit)

    @property
    def is_near(self) -> bool:
        """Whether people are warned."""
        return self.percent >= self.warn_percent

    @property
    def is_over(self) -> bool:
        """Whether all of it is gone."""
        return self.used >= self.limit


def read_budgets(
    records: Sequence[UsageRecord],
    settings: BudgetsSettings,
    rates: UsageRates,
    month: str,
) -> list[BudgetState]:
    """Return the state of each budget, those of projects first.

    Args:
        records: Of the month, of everybody, with their owners.
        settings: The budgets.
        rates: What is reserved costs.
        month: Its name.
    """
    projects = sum_by(records, lambda each: each.project)
    people = sum_by(records, lambda each: each.owner)
    found = []
    for name, budget in sorted(settings.projects.items()):
        for unit, used, limit in _measures(budget, projects.get(name), rates):
            found.append(_state(unit, used, limit, month, settings, project=name))
    for name, budget in sorted(settings.users.items()):
        owner = user_slug(name)
        for unit, used, limit in _measures(budget, people.get(owner), rates):
            found.append(_state(unit, used, limit, month, settings, owner=owner))
    return found


def _state(
    unit: str,
    used: Decimal,
    limit: Decimal,
    month: str,
    settings: BudgetsSettings,
    *,
    project: str = "",
    owner: str = "",
) -> BudgetState:
    return BudgetState(
        project=project,
        owner=owner,
        unit=unit,
        used=used,
        limit=limit,
        month=month,
        warn_percent=settings.warn_percent,
    )


def _measures(
    budget: BudgetSettings, totals: Totals | None, rates: UsageRates
) -> list[tuple[str, Decimal, Decimal]]:
    """Return unit, what is gone, and what there is."""
    totals = totals or Totals()
    found = []
    if budget.gpu_hours is not None:
        found.append(("GPU-hours", totals.gpu_hours, budget.gpu_hours))
    if budget.cost is not None:
        unit = rates.prices.currency or "cost"
        found.append((unit, rates.cost(totals), budget.cost))
    return found


class BudgetReader:
    """Reads the budgets of this month.

    Args:
        book: The ledger.
        settings: The budgets.
        rates: What is reserved costs.
        steady: Seconds of a clock that nobody sets.
    """

    def __init__(
        self,
        book: UsageBook,
        settings: BudgetsSettings,
        rates: UsageRates,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._book = book
        self._settings = settings
        self._rates = rates
        self._steady = steady
        self._read: tuple[float, list[BudgetState]] | None = None

    async def states(self) -> list[BudgetState]:
        """Return the state of each budget, of the last minute.

        Raises:
            KubernetesUnavailableError: What is open is not known yet.
            sqlalchemy.exc.SQLAlchemyError: The database does not answer.
        """
        if not (self._settings.projects or self._settings.users):
            return []
        now = self._steady()
        if self._read is None or now - self._read[0] > _KEPT_SECONDS:
            today = day_of_number(self._book.now // DAY)
            month = Period.around(PeriodLength.MONTH, today)
            query = UsageQuery(
                first=day_number(month.first),
                last=day_number(month.last),
                viewer=UsageViewer(owner="", sees_all=True),
            )
            records = await self._book.records(query, UsageKey.OWNER)
            self._read = (
                now,
                read_budgets(records, self._settings, self._rates, f"{today:%B}"),
            )
        return self._read[1]


def visible_budgets(
    states: Sequence[BudgetState], viewer: UsageViewer
) -> list[BudgetState]:
    """Return what somebody may see: their own, and those of projects they are in."""
    return [
        each
        for each in states
        if viewer.sees_all
        or (each.project and each.project in viewer.projects)
        or (each.owner and each.owner == viewer.owner)
    ]


def warnings_for(
    states: Sequence[BudgetState], owner: str, projects: Mapping[str, str]
) -> dict[str, list[str]]:
    """Return what is to be read before a start, by project; the person's under ``""``.

    Args:
        states: Of all budgets.
        owner: Slug of who starts.
        projects: Names that people read, by project.
    """
    found: dict[str, list[str]] = {}
    for each in states:
        if not each.is_near:
            continue
        if each.project in projects:
            found.setdefault(each.project, []).append(
                budget_text(each, projects[each.project])
            )
        elif each.owner and each.owner == owner:
            found.setdefault("", []).append(budget_text(each, "You"))
    return found


def budget_text(state: BudgetState, name: str) -> str:
    """Say how much of a budget is gone.

    Args:
        state: Of it.
        name: Whose it is; ``You`` for the reader.
    """
    have = "have" if name == "You" else "has"
    end = " It is used up." if state.is_over else ""
    return (
        f"{name} {have} reserved {state.used:,.0f} of {state.limit:,.0f} {state.unit} "
        f"of {state.month} ({state.percent} %).{end}"
    )
