"""Give starts that ask for more than their person's history needs what that needs.

Only where an administrator has switched it on. Sizes only get smaller, and stay within
the environment's bounds; whoever needs more gets it while the server runs.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from mofang_hub.sizing.recommender import Suggestion
from mofang_kube.quantities import parse_quantity, readable_size
from mofang_spawner.environments.models import Bounds, Environment
from mofang_spawner.options import ServerOptions

_TOLERANCE = Decimal("1.3")
"""By which what is asked for may be above what is suggested."""


class SizeCorrector:
    """Corrects the options of starts.

    Args:
        suggest: Returns what the next start of a person, by name, and of an environment
            is likely to need.
    """

    def __init__(self, suggest: Callable[[str, str], Suggestion | None]) -> None:
        self._suggest = suggest

    def __call__(
        self, options: ServerOptions, environment: Environment, username: str
    ) -> tuple[ServerOptions, str]:
        """Return the options that count, and why they are others; empty if not."""
        found = self._suggest(username, environment.name)
        if found is None:
            return options, ""
        resources = environment.resources
        memory = _less(options.memory, resources.memory, found.memory_gib * 1024**3)
        cpu = _less(options.cpu, resources.cpu, found.cpu_cores)
        change: dict[str, str] = {}
        said = []
        if memory is not None:
            change["memory"] = f"{memory / 1024**2:.0f}Mi"
            said.append(
                f"{readable_size(int(memory))} of memory (the peak was "
                f"{readable_size(found.peak_memory_bytes)})"
            )
        if cpu is not None:
            change["cpu"] = f"{cpu.normalize():f}"
            said.append(
                f"{change['cpu']} CPU (the peak was {found.peak_cpu_cores:.2g})"
            )
        if not change:
            return options, ""
        reason = (
            f"The server gets {' and '.join(said)}, as your last {found.starts} starts "
            f"of {environment.display_name} suggest. It can get more while it runs."
        )
        return options.model_copy(update=change), reason


def _less(asked: str | None, bounds: Bounds, suggested: Decimal) -> Decimal | None:
    """Return the amount in place of what was asked; None where that may stay."""
    amount = parse_quantity(asked or bounds.default)
    least = max(suggested, parse_quantity(bounds.min or bounds.default))
    return least if amount > _TOLERANCE * least else None
