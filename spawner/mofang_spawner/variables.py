"""The environment variables of a server's container. Pure.

In order of precedence, lowest first: KubeSpawner's own and the trait ``environment``,
what data sources need, ``spec.env`` of the Environment, the platform's. Each name
occurs once.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from mofang_kube.ephemeral_storage import cache_variables
from mofang_kube.quantities import parse_quantity
from mofang_spawner import safe_mode
from mofang_spawner.plan import SpawnPlan
from mofang_spawner.server_objects import SCRIPT_KEY, TOKEN_KEY

Manifest = dict[str, Any]

SECRET_VARIABLES = ("JUPYTERHUB_API_TOKEN", "JPY_API_TOKEN")
"""Variables that the pod reads from its Secret, never from its definition."""
PLATFORM_PREFIXES = ("MOFANG_", "JUPYTERHUB_", "JPY_")
"""How the names begin that an Environment cannot set."""
STATIC_URL_VARIABLE = "MOFANG_STATIC_URL"
"""Tells a server, as ``mofang_api.static_files`` has it, where its files are, too."""
SCRIPT_FOLDER = "/etc/mofang"


def build_variables(
    given: Iterable[Manifest],
    plan: SpawnPlan,
    *,
    resources: Mapping[str, Mapping[str, str]],
    secret_name: str,
    api_url: str,
) -> list[Manifest]:
    """The container's ``env``.

    Args:
        given: KubeSpawner's, in an order in which references resolve.
        plan: The start.
        resources: The container's requests and limits, as the pod has them.
        secret_name: Where the hub token is.
        api_url: The training service's address.
    """
    reference = {"secretKeyRef": {"name": secret_name, "key": TOKEN_KEY}}
    hidden = [{"name": name, "valueFrom": reference} for name in SECRET_VARIABLES]
    own = dict(plan.data.variables) | {
        name: value
        for name, value in plan.environment.env.items()
        if not name.startswith(PLATFORM_PREFIXES)
    }
    platform = _platform_variables(plan, api_url) | _amounts(resources)
    named = [{"name": name, "value": value} for name, value in (own | platform).items()]
    return _merge(given, [*hidden, *named])


def _merge(given: Iterable[Manifest], ours: Iterable[Manifest]) -> list[Manifest]:
    """Replace where the name is known, so that references to it still resolve."""
    # A name that is given twice has the last value, as in Kubernetes.
    merged = {each["name"]: each for each in given}
    for each in ours:
        merged[each["name"]] = each
    return list(merged.values())


def _platform_variables(plan: SpawnPlan, api_url: str) -> dict[str, str]:
    image = plan.environment.image
    found = {
        "JUPYTER_IMAGE": image,
        "JUPYTER_IMAGE_SPEC": image,
        "MOFANG_PROJECT": plan.project.name,
        "MOFANG_ENVIRONMENT": plan.environment.name,
        "MOFANG_FRAMEWORKS": ",".join(plan.environment.frameworks),
        "MOFANG_IMAGE": image,
        "MOFANG_API_URL": api_url,
        **cache_variables(plan.sizes.cache_usable_bytes),
    }
    if plan.environment.packages is not None:
        found |= plan.environment.packages.variables
    if plan.safe_mode:
        # Without the start-up script, too: it works with the user's packages.
        found |= safe_mode.variables(plan.last_failure)
    elif plan.environment.startup_script:
        found["MOFANG_STARTUP_SCRIPT"] = f"{SCRIPT_FOLDER}/{SCRIPT_KEY}"
    if plan.job:
        found["MOFANG_DEBUG_JOB"] = plan.job
    return found


def _amounts(resources: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """JupyterHub's variables about resources: bytes, and cores as a number."""
    found = {}
    for name, kind in (("LIMIT", "limits"), ("GUARANTEE", "requests")):
        amounts = resources[kind]
        found[f"MEM_{name}"] = str(memory_bytes(amounts["memory"]))
        found[f"CPU_{name}"] = str(cpu_cores(amounts["cpu"]))
    return found


def memory_bytes(quantity: str) -> int:
    """A quantity of memory in bytes."""
    return int(parse_quantity(quantity))


def cpu_cores(quantity: str) -> float:
    """A quantity of CPU in cores."""
    return float(parse_quantity(quantity))
