"""Periods, rates, plots and files: what the page shows of records."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.hub_usage.allocations import GIB, all_of, an_interval

from mofang_hub.settings import EmissionSettings, PriceSettings
from mofang_hub.usage.csv_file import write_csv
from mofang_hub.usage.intervals import DAY, HOUR
from mofang_hub.usage.periods import Period, PeriodLength, day_number, day_of_number
from mofang_hub.usage.plot import HEIGHT, WIDTH, UsageMeasure, build_plot
from mofang_hub.usage.query import UsageKey, UsageQuery, UsageViewer
from mofang_hub.usage.rates import UsageRates
from mofang_hub.usage.report import UsageReport
from mofang_hub.usage.totals import records_of, total
from mofang_kube.errors import InvalidError

TODAY = date(2026, 11, 30)


def records(*given_intervals):
    return records_of(given_intervals, all_of(0, 99), *UsageKey)


GPU_DAY = an_interval(
    0,
    10 * HOUR,
    cpu_millicores=8000,
    memory_bytes=64 * GIB,
    gpus=2,
    gpu_model="H100",
)
RATES = UsageRates(
    prices=PriceSettings.model_validate(
        {"currency": "EUR", "cpuHour": 0.02, "gibHour": 0.005, "gpuHour": {"H100": 3.5}}
    ),
    emissions=EmissionSettings.model_validate(
        {
            "gramsPerKwh": 380,
            "wattsPerCpu": 10,
            "wattsPerGib": 0.5,
            "wattsPerGpu": {"default": 300},
        }
    ),
)
NO_RATES = UsageRates(prices=PriceSettings(), emissions=EmissionSettings())


@pytest.mark.parametrize(
    ("length", "day", "first", "last"),
    [
        ("day", "2026-11-30", date(2026, 11, 30), date(2026, 11, 30)),
        ("week", "2026-11-29", date(2026, 11, 23), date(2026, 11, 29)),
        ("month", "2024-02-10", date(2024, 2, 1), date(2024, 2, 29)),
        ("month", "2025-12-31", date(2025, 12, 1), date(2025, 12, 31)),
        ("", "", date(2026, 11, 1), date(2026, 11, 30)),
    ],
)
def test_the_days_of_a_period(length, day, first, last):
    found = Period.parse(length, day, TODAY)

    assert (found.first, found.last) == (first, last)


@given(
    st.sampled_from(list(PeriodLength)), st.dates(date(2000, 2, 1), date(2100, 1, 1))
)
def test_periods_follow_each_other(length, day):
    found = Period.around(length, day)

    assert found.first <= day <= found.last
    assert Period.around(length, found.before).after == found.first
    assert day_of_number(day_number(day)) == day


@pytest.mark.parametrize(
    ("length", "day", "field"),
    [
        ("year", "", "period"),
        ("month", "yesterday", "date"),
        ("month", "2026-12-01", "date"),
        ("month", "0001-01-01", "date"),
        ("day", "9999-12-31", "date"),
        ("<script>", "", "period"),
    ],
)
def test_other_periods_are_refused(length, day, field):
    with pytest.raises(InvalidError) as refused:
        Period.parse(length, day, TODAY)
    assert list(refused.value.fields) == [field]


def test_cost_energy_and_emissions():
    totals = total(records(GPU_DAY))

    assert RATES.has_prices
    assert RATES.has_emissions
    assert RATES.cost(totals) == Decimal("74.80")
    assert RATES.kilowatt_hours(totals) == Decimal("7.12")
    assert RATES.kilograms(totals) == Decimal("2.7056")


def test_without_rates_nothing_costs_anything():
    assert not NO_RATES.has_prices
    assert not NO_RATES.has_emissions
    assert NO_RATES.cost(total(records(GPU_DAY))) == 0


VIEWS = {
    "one's own": (UsageViewer(owner="ada"), {("vision", "ada"), ("nlp", "ada")}),
    "the project's": (
        UsageViewer(owner="eve", administered=frozenset({"vision"})),
        {("vision", "ada"), ("vision", "ben")},
    ),
    "all": (
        UsageViewer(owner="", sees_all=True),
        {("vision", "ada"), ("vision", "ben"), ("nlp", "ada")},
    ),
    "none": (UsageViewer(owner=""), set()),
}


@pytest.mark.parametrize(("viewer", "expected"), VIEWS.values(), ids=VIEWS)
def test_who_sees_what(viewer, expected):
    intervals = [
        an_interval(0, 10),
        an_interval(0, 10, "b", owner="ben"),
        an_interval(0, 10, "c", project="nlp"),
    ]
    query = UsageQuery(first=0, last=0, viewer=viewer)
    found = UsageReport.of_records(records_of(intervals, query, UsageKey.OWNER))

    assert {(each.project, each.owner) for each in found.people} == expected
    assert found.totals.cpu_millicore_seconds == 10 * 500 * len(expected)


def test_bars_of_a_day_stand_on_each_other_and_fit():
    names = [f"project-{number}" for number in range(8)]
    found = records(
        *(
            an_interval(DAY, DAY + (number + 1) * HOUR, str(number), project=name)
            for number, name in enumerate(names)
        )
    )

    plot = build_plot(found, {0: "0", 1: "1", 2: "2"}, UsageMeasure.CPU)

    assert plot.names == (*reversed(names[3:]), "others")
    assert plot.rows[1].total == total(found).cpu_hours
    assert plot.maximum >= plot.rows[1].total
    bottoms = [HEIGHT, *(each.y for each in plot.bars)]
    for bar, bottom in zip(plot.bars, bottoms, strict=False):
        assert bar.y + bar.height == pytest.approx(bottom, abs=0.02)
    assert all(each.y >= 0 and each.x + each.width <= WIDTH for each in plot.bars)


def test_a_plot_of_nothing():
    plot = build_plot([], {0: "0"}, UsageMeasure.GPU)

    assert plot.maximum == 0
    assert not plot.bars


def test_a_file_has_a_row_for_each_day_and_model():
    text = write_csv(records(GPU_DAY), RATES, lambda slug: slug.title())

    [row] = csv.DictReader(io.StringIO(text))

    assert row == {
        "day": "1970-01-01",
        "project": "vision",
        "person": "Ada",
        "type": "server",
        "gpu_model": "H100",
        "cpu_hours": "80.000000",
        "gib_hours": "640.000000",
        "gpu_hours": "20.000000",
        "cost": "74.800000",
        "currency": "EUR",
        "kwh": "7.120000",
        "kg_co2e": "2.705600",
    }


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_no_name_becomes_a_formula(name):
    text = write_csv(records(GPU_DAY), NO_RATES, lambda slug: name)

    [row] = csv.DictReader(io.StringIO(text, newline=""))

    assert row["person"] == f"'{name}"
    assert "cost" not in row
