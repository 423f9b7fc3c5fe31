"""Budgets of a month: what is gone, and who is told."""

from decimal import Decimal

import pytest

from mofang_hub.settings import BudgetsSettings, EmissionSettings, PriceSettings
from mofang_hub.usage.budgets import (
    BudgetReader,
    budget_text,
    read_budgets,
    visible_budgets,
    warnings_for,
)
from mofang_hub.usage.intervals import HOUR
from mofang_hub.usage.query import UsageViewer
from mofang_hub.usage.rates import UsageRates
from mofang_hub.usage.totals import UsageRecord
from support.clock import FakeClock

RATES = UsageRates(
    prices=PriceSettings(currency="EUR", gpu_hour={"default": Decimal(2)}),
    emissions=EmissionSettings(),
)
SETTINGS = BudgetsSettings.model_validate(
    {
        "projects": {"vision": {"gpuHours": 100, "cost": 400}, "nlp": {"gpuHours": 9}},
        "users": {"ada": {"gpuHours": 50}},
    }
)


def a_record(project, owner, hours):
    return UsageRecord(
        project=project, owner=owner, gpu_model="A", gpu_seconds=hours * HOUR
    )


RECORDS = [a_record("vision", "ada", 55), a_record("vision", "ben", 30)]


def states(records=RECORDS):
    return read_budgets(records, SETTINGS, RATES, "November")


def test_projects_and_people_have_budgets_of_hours_and_cost():
    found = [(each.project or each.owner, each.unit, each.percent) for each in states()]

    assert found == [
        ("nlp", "GPU-hours", 0),
        ("vision", "GPU-hours", 85),
        ("vision", "EUR", 42),
        ("ada", "GPU-hours", 110),
    ]


def test_who_starts_reads_what_is_nearly_used_up():
    found = warnings_for(states(), "ada", {"vision": "Vision", "nlp": "NLP"})

    assert found == {
        "vision": ["Vision has reserved 85 of 100 GPU-hours of November (85 %)."],
        "": [
            "You have reserved 55 of 50 GPU-hours of November (110 %). It is used up."
        ],
    }
    assert warnings_for(states(), "ben", {"nlp": "NLP"}) == {}


@pytest.mark.parametrize(
    ("viewer", "visible"),
    [
        (UsageViewer(owner="ada", projects=frozenset({"nlp"})), {"nlp", "ada"}),
        (UsageViewer(owner="ben", projects=frozenset({"vision"})), {"vision"}),
        (UsageViewer(owner="eve"), set()),
        (UsageViewer(owner="root", sees_all=True), {"nlp", "vision", "ada"}),
    ],
)
def test_budgets_are_for_those_whose_they_are(viewer, visible):
    found = visible_budgets(states(), viewer)

    assert {each.project or each.owner for each in found} == visible


class Book:
    """The ledger, which counts how often it is read."""

    now = 1_796_000_000
    reads = 0

    async def records(self, query, *keys):
        assert query.viewer.sees_all
        self.reads += 1
        return RECORDS


async def test_a_sum_serves_for_a_minute():
    book, clock = Book(), FakeClock()
    reader = BudgetReader(book, SETTINGS, RATES, steady=clock)

    assert budget_text((await reader.states())[1], "Vision").startswith("Vision has")
    await reader.states()
    assert book.reads == 1
    clock.advance(61)
    await reader.states()
    assert book.reads == 2


async def test_without_budgets_nothing_is_read():
    book = Book()

    assert await BudgetReader(book, BudgetsSettings(), RATES).states() == []
    assert book.reads == 0
