"""What the hub's pages know of the use of servers."""

import logging
from collections.abc import Mapping
from datetime import UTC
from decimal import Decimal
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from mofang_hub.pages.sizes import Advice, number, say
from mofang_hub.sizing.observer import ResourceObserver
from mofang_hub.sizing.recommender import Suggestion
from mofang_hub.sizing.samples import ServerRun
from mofang_hub.usage.budgets import BudgetReader, warnings_for
from mofang_hub.usage.intervals import HOUR
from mofang_hub.usage.rates import UsageRates
from mofang_hub.usage.totals import Totals
from mofang_kube.errors import MofangError
from mofang_kube.names import GPU_PRODUCT, user_slug
from mofang_kube.quantities import parse_quantity, readable_size
from mofang_spawner.environments.sizing import Sizes, resolve_sizes
from mofang_spawner.options import ServerOptions

OBSERVER = "mofang_resource_observer"
BUDGETS = "mofang_budgets"
RATES = "mofang_rates"
"""Keys of the hub's settings."""

log = logging.getLogger(__name__)


def describe_run(user: Any, spawner: Any) -> ServerRun | None:
    """Return the start that a server runs from; None where nobody knows its size.

    Args:
        user: JupyterHub's ``User``.
        spawner: Of the server.
    """
    sizes = _sizes(spawner)
    if sizes is None:
        return None
    options = spawner.orm_spawner.user_options
    started = spawner.orm_spawner.started
    return ServerRun(
        owner=user_slug(user.name),
        server=spawner.name,
        # JupyterHub's database has UTC without saying so.
        started=int(started.replace(tzinfo=UTC).timestamp()) if started else 0,
        project=str(options.get("project", "")),
        environment=str(options.get("environment", "")),
        cpu_request_cores=float(parse_quantity(sizes.cpu)),
        memory_request_bytes=int(parse_quantity(sizes.memory)),
    )


def describe_use(user: Any, name: str) -> str:
    """Say what a running server uses, and what it costs; empty if that is not known.

    Args:
        user: JupyterHub's ``User``.
        name: Of the server.
    """
    observer: ResourceObserver | None = user.settings.get(OBSERVER)
    used = observer.current_use(user.name, name) if observer else None
    parts = []
    if used:
        cores = say(Decimal(number(Decimal(used.cpu_cores))), "cores")
        parts.append(f"uses {cores} and {readable_size(used.memory_bytes)} of memory")
    rates: UsageRates | None = user.settings.get(RATES)
    if rates and rates.has_prices and (sizes := _sizes(user.spawners[name])):
        cost = rates.cost(_an_hour(sizes, _gpu_model(user.spawners[name])))
        money = f"{cost:.2f} {rates.prices.currency}".strip()
        parts.append(f"costs {money} an hour")
    return " · ".join(parts)


def _sizes(spawner: Any) -> Sizes | None:
    """Return what a server has; None where nobody knows."""
    options = spawner.orm_spawner.user_options or {}
    name = str(options.get("environment", ""))
    environment = spawner.context().catalog.find_environment(name)
    if environment is None:
        return None
    try:
        return resolve_sizes(environment.resources, ServerOptions.parse(options))
    except MofangError:
        # The environment's bounds are others since it was started.
        return None


def _an_hour(sizes: Sizes, gpu_model: str) -> Totals:
    return Totals(
        cpu_millicore_seconds=int(parse_quantity(sizes.cpu) * 1000) * HOUR,
        memory_byte_seconds=int(parse_quantity(sizes.memory)) * HOUR,
        gpu_seconds={gpu_model: sizes.gpu * HOUR} if sizes.gpu else {},
    )


def _gpu_model(spawner: Any) -> str:
    node = spawner.context().find_node(spawner.node) or {}
    labels = (node.get("metadata") or {}).get("labels") or {}
    return str(labels.get(GPU_PRODUCT, ""))


def find_advice(user: Any, environment: str) -> Mapping[str, Advice]:
    """Return which sizes a person's earlier starts suggest, and why.

    Args:
        user: JupyterHub's ``User``.
        environment: What is to be started.
    """
    observer: ResourceObserver | None = user.settings.get(OBSERVER)
    found = observer.suggest(user.name, environment) if observer else None
    return _advice(found) if found else {}


async def find_budget_warnings(
    user: Any, projects: Mapping[str, str]
) -> dict[str, list[str]]:
    """Return which budgets are nearly used up, by project; the person's under ``""``.

    Args:
        user: JupyterHub's ``User``.
        projects: Names that people read, by project.
    """
    reader: BudgetReader | None = user.settings.get(BUDGETS)
    if reader is None:
        return {}
    try:
        states = await reader.states()
    except (MofangError, SQLAlchemyError) as err:
        # Servers start all the same.
        log.warning("Budgets are not known: %s", err)
        return {}
    return warnings_for(states, user_slug(user.name), projects)


def _advice(found: Suggestion) -> dict[str, Advice]:
    cores = say(Decimal(number(Decimal(found.peak_cpu_cores))), "cores")
    return {
        "memory": Advice(
            amount=found.memory_gib,
            reason=f"In your last {found.starts} starts the peak was "
            f"{readable_size(found.peak_memory_bytes)}.",
        ),
        "cpu": Advice(
            amount=found.cpu_cores,
            reason=f"In your last {found.starts} starts the highest average of five "
            f"minutes was {cores}.",
        ),
    }
