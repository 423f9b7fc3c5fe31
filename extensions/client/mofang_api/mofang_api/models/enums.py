"""Enumerations of a job's fields."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from mofang_api.declarations import FrameworkDeclaration
from mofang_api.frameworks import FRAMEWORKS, declaration_of


class OpenEnum(StrEnum):
    """An enumeration to which newer versions may add members."""

    @classmethod
    def read(cls, value: str) -> Self:
        """Return the choice of a value that was valid once.

        One that this version does not know is kept: it is of the class, but not among
        its members, so that a request with it is refused.
        """
        try:
            return cls(value)
        except ValueError:
            unknown = str.__new__(cls, value)
            unknown._name_ = unknown._value_ = value
            return unknown

    @property
    def is_known(self) -> bool:
        """Whether this version knows the choice."""
        return any(self is each for each in type(self))


class Framework(OpenEnum):
    """Who starts the processes of a job and introduces them to each other.

    One member for each module of ``mofang_api.frameworks``: ``Framework.PYTORCH``.
    """

    vars().update({name.upper(): name for name in FRAMEWORKS})

    @property
    def declaration(self) -> FrameworkDeclaration:
        """What the platform knows of it."""
        return declaration_of(self.value)


class Engine(OpenEnum):
    """Which resources of the cluster run a job."""

    KUBEFLOW_V1 = "kubeflow-v1"
    """PyTorchJob, TFJob, MPIJob and XGBoostJob of the Training Operator."""

    TRAINER_V2 = "trainer-v2"
    """TrainJob of Kubeflow Trainer v2."""

    JOBSET = "jobset"
    RAY_OPERATOR = "ray-operator"
    """RayJob of KubeRay. The Spark operator is not among them: its driver makes pods by
    itself, and no container of a user may ask Kubernetes for anything."""


class Priority(OpenEnum):
    """Which of a project's waiting jobs is let in first."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """The greater, the sooner."""
        known = self if self.is_known else Priority.NORMAL
        return list(Priority).index(known)


class HangPolicy(OpenEnum):
    """What happens when a job makes no progress any more."""

    OFF = "off"
    NOTIFY = "notify"
    """Its owner sees it; the job goes on."""

    RESTART = "restart"
    """Its restarts are used for it, as for a failure of the platform."""
