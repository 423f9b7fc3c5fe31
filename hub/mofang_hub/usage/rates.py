"""What usage costs and emits, by the values of the chart. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from mofang_hub.settings import EmissionSettings, PriceSettings
from mofang_hub.usage.totals import Totals

OTHER_MODELS = "default"
"""Key of what holds for GPUs of models that are not named."""

_THOUSAND = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRates:
    """Prices and emissions of what is reserved, used or not."""

    prices: PriceSettings
    emissions: EmissionSettings

    @property
    def has_prices(self) -> bool:
        """Whether anything costs something."""
        prices = self.prices
        return any((prices.cpu_hour, prices.gib_hour, *prices.gpu_hour.values()))

    @property
    def has_emissions(self) -> bool:
        """Whether both power and what it emits are known."""
        each = self.emissions
        watts = (each.watts_per_cpu, each.watts_per_gib, *each.watts_per_gpu.values())
        return bool(each.grams_per_kwh) and any(watts)

    def cost(self, totals: Totals) -> Decimal:
        """Return the cost, in the currency of the prices."""
        return (
            totals.cpu_hours * self.prices.cpu_hour
            + totals.gib_hours * self.prices.gib_hour
            + _by_model(totals, self.prices.gpu_hour)
        )

    def kilowatt_hours(self, totals: Totals) -> Decimal:
        """Return the energy."""
        watt_hours = (
            totals.cpu_hours * self.emissions.watts_per_cpu
            + totals.gib_hours * self.emissions.watts_per_gib
            + _by_model(totals, self.emissions.watts_per_gpu)
        )
        return watt_hours / _THOUSAND

    def kilograms(self, totals: Totals) -> Decimal:
        """Return what that emits, in kg of CO2 equivalents."""
        return self.kilowatt_hours(totals) * self.emissions.grams_per_kwh / _THOUSAND


def _by_model(totals: Totals, rates: Mapping[str, Decimal]) -> Decimal:
    other = rates.get(OTHER_MODELS, Decimal(0))
    return sum(
        (
            totals.gpu_hours_of(model) * rates.get(model, other)
            for model in totals.gpu_seconds
        ),
        Decimal(0),
    )
