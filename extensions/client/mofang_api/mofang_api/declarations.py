"""What a framework declares: the types of ``mofang_api.frameworks``.

Plain data of the standard library: the generator of the wrapper's and the form's tables
reads it too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

MAX_REPLICAS = 64


class ProcessStarter(StrEnum):
    """Who starts the processes of a script, where a replica may run several."""

    WRAPPER = "wrapper"
    """``mofang-run`` itself: one process in each replica."""

    TORCHRUN = "torchrun"
    MPIRUN = "mpirun"
    """In the leader; it reaches the other replicas over SSH. They find each other by a
    directory of the owner's home."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRule:
    """One role of a framework."""

    name: str
    min_replicas: int
    max_replicas: int
    default_replicas: int = 1
    primary: bool = False
    """Whether ``JobSpec.replicas`` counts its replicas."""

    gpu_allowed: bool = True
    """Whether its replicas may ask for GPUs; others run on CPU nodes (J2, J3)."""

    required_by: str = ""
    """Another role: a job that has some of that one gets one of this one, unless it
    says otherwise."""

    plural: str = ""
    """What several of its replicas are called, where that is not its name."""

    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """How an example of the images is submitted."""

    script: str
    """Below ``images/examples``."""

    options: str = ""
    """Of ``mofang submit``, beside the framework's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameworkDeclaration:
    """Everything the platform knows of one framework."""

    name: str
    """As in a ``JobSpec``; the module is called the same."""

    order: int
    """Frameworks are listed by it, the smallest first."""

    title: str
    form_label: str
    """Its choice in the form."""

    description: str
    """What is started, as the rest of a sentence; for the form and the manual."""

    roles: tuple[RoleRule, ...]
    """In the order in which people see them."""

    leader: str = "worker"
    """Role whose first replica all others call."""

    success_role: str | None = None
    """Role whose end is the job's, if the job has it; else all replicas must end."""

    port: int = 0
    """Where replicas call each other; 0 if they don't."""

    starter: ProcessStarter = ProcessStarter.WRAPPER
    shares_secret: bool = False
    """Whether replicas prove by a secret that they are of one job; they find it in a
    directory of the owner's home."""

    sets_threads: bool = True
    """Whether its libraries start one thread per core of the node unless told."""

    variables: Mapping[str, str] = field(default_factory=dict)
    """What ``mofang-run`` tells each process, where no module of
    ``mofang_run.frameworks`` launches it. Values hold ``{leader_host}``, ``{port}``,
    ``{replicas}`` and ``{rank}``; replicas of the leader's role have the first ranks.
    """

    environment: str
    """Of the catalogue: the one that runs the examples."""

    examples: tuple[Example, ...]
    examples_show: str
    """What there is to learn from them."""

    @property
    def uses_mpirun(self) -> bool:
        """Whether the leader starts all processes by mpirun."""
        return self.starter is ProcessStarter.MPIRUN

    @property
    def uses_torchrun(self) -> bool:
        """Whether torchrun starts the processes of each replica."""
        return self.starter is ProcessStarter.TORCHRUN


def workers(
    *, min_replicas: int = 1, max_replicas: int = MAX_REPLICAS, description: str = ""
) -> RoleRule:
    """Return the rule of the primary role of most frameworks.

    Args:
        min_replicas: Fewest that a job may ask for.
        max_replicas: Most that a job may ask for.
        description: What a worker does, for forms and docs.
    """
    return RoleRule(
        name="worker",
        min_replicas=min_replicas,
        max_replicas=max_replicas,
        primary=True,
        description=description,
    )
