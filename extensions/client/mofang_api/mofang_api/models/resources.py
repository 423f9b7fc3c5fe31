"""What a replica gets."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field, field_validator

from mofang_api.base import RequestModel
from mofang_api.quantities import format_bytes, parse_quantity

MAX_GPUS = 16
MAX_CPU = 256
MIN_CPU_MILLIS = 10
MIN_MEMORY = 64 * 1024**2
MAX_MEMORY = 4 * 1024**4


class Resources(RequestModel):
    """What each replica of a role gets; of CPU it may borrow what is free."""

    cpu: str = "500m"
    """Cores as a Kubernetes quantity: ``500m``, ``2``."""

    memory: str = "1Gi"
    """Bytes as a Kubernetes quantity: ``512Mi``, ``1.5Gi``; rounded up."""

    gpu: Annotated[int, Field(ge=0, le=MAX_GPUS)] = 0

    @field_validator("cpu", "memory", mode="before")
    @classmethod
    def _accept_numbers(cls, value: object) -> object:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return str(value) if is_number else value

    @field_validator("cpu")
    @classmethod
    def _bound_cpu(cls, value: str) -> str:
        cores = parse_quantity(value)
        if not 0 < cores <= MAX_CPU or cores * 1000 < MIN_CPU_MILLIS:
            raise ValueError(f"Must be from 10m to {MAX_CPU} cores, not {value}.")
        return value

    @field_validator("memory")
    @classmethod
    def _bound_memory(cls, value: str) -> str:
        exact = parse_quantity(value)
        size = math.ceil(exact)
        if not MIN_MEMORY <= size <= MAX_MEMORY:
            raise ValueError(
                f"Must be from 64Mi to 4Ti, not {format_bytes(size)}. "
                "Write it with its unit, such as 2Gi."
            )
        # There are no parts of bytes: Kubernetes rounds up, and warns of it.
        return value if size == exact else str(size)

    def without_gpu(self) -> Resources:
        """Return the same for a role that computes on no GPU."""
        return self.model_copy(update={"gpu": 0})
