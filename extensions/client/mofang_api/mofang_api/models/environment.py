"""The environments whose images jobs of a project may run."""

from __future__ import annotations

from pydantic import Field

from mofang_api.base import ResponseModel


class QuantityBounds(ResponseModel):
    """How much of something a server of the environment gets, as quantities."""

    default: str
    min: str | None = None
    max: str | None = None


class GpuBounds(ResponseModel):
    """How many GPUs a server of the environment gets."""

    default: int = 0
    min: int = 0
    max: int = 0


class EnvironmentResources(ResponseModel):
    """The sizes of an environment's servers; jobs say their own."""

    cpu: QuantityBounds
    memory: QuantityBounds
    gpu: GpuBounds = GpuBounds()


class Environment(ResponseModel):
    """One environment of the catalogue, as it is now."""

    name: str
    """What ``JobSpec.environment`` takes."""

    display_name: str
    description: str = ""
    frameworks: list[str] = Field(default_factory=list)
    """Frameworks whose jobs it can run."""

    image: str
    """Full reference."""

    resources: EnvironmentResources
    unavailable_reason: str | None = None
    """One sentence while its image is not on the platform's nodes; None when it is."""


class EnvironmentList(ResponseModel):
    """The environments that the caller may use in a project, in the gallery's order."""

    environments: list[Environment]
    allow_any_image: bool = False
    """Whether a job may run an image that no environment has."""
