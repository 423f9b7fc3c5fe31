"""What the chart's values say of the usage ledger."""

from decimal import Decimal

import pytest

from mofang_hub.settings import Settings
from mofang_hub.usage.rates import UsageRates


def usage(rendered):
    file = rendered.file("mofang-settings", "settings.yaml")
    return Settings.model_validate(file).usage


def test_it_is_kept_for_more_than_a_year(chart):
    found = usage(chart)

    assert found.enabled
    assert found.retention_days > 366
    rates = UsageRates(prices=found.prices, emissions=found.emissions)
    assert not rates.has_prices
    assert not rates.has_emissions


def test_prices_and_emissions_reach_the_hub_as_they_are_written(render, minimal):
    said = {
        "prices": {"currency": "EUR", "cpuHour": 0.1, "gpuHour": {"default": 1.15}},
        "emissions": {"gramsPerKwh": 380, "wattsPerGpu": {"NVIDIA-H100": 700}},
    }

    found = usage(render(minimal, {"usage": said}))

    assert found.prices.cpu_hour == Decimal("0.1")
    assert found.prices.gpu_hour == {"default": Decimal("1.15")}
    assert found.emissions.watts_per_gpu == {"NVIDIA-H100": Decimal(700)}


def test_it_can_be_switched_off(render, minimal):
    assert not usage(render(minimal, {"usage": {"enabled": False}})).enabled


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"retentionDays": 7}, "retentionDays"),
        ({"prices": {"cpuHour": -1}}, "cpuHour"),
        ({"prices": {"gpuHour": {"A100": "much"}}}, "A100"),
        ({"emissions": {"wattsPerCpu": -1}}, "wattsPerCpu"),
        ({"price": {}}, "price"),
    ],
)
def test_what_is_no_rate_is_refused(refusal, minimal, values, path):
    assert path in refusal(minimal, {"usage": values})


def test_the_hub_may_watch_what_it_counts(chart):
    rules = chart.get("ClusterRole", "mofang-hub")["rules"]
    for kind in ("pods", "nodes"):
        [rule] = [each for each in rules if each["resources"] == [kind]]
        assert rule["verbs"] == ["list", "watch"]
