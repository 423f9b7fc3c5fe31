"""What a container of a server or job may write to its node's disk. Pure."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mofang_kube.quantities import parse_quantity

RESOURCE = "ephemeral-storage"

_Quantity = Annotated[
    str, Field(pattern=r"^(\d+|\d*\.\d+)(k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$")
]


class EphemeralStorage(BaseModel):
    """Amounts that are the same for all containers; ``/cache`` comes on top."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    request: _Quantity = "100Mi"
    """What is kept free for a container."""

    limit: _Quantity = "10Gi"
    """What it may write to its own disk, its log and ``/tmp``; with more it is
    evicted."""

    tmp: _Quantity = "5Gi"
    """Of ``limit``, what ``/tmp`` of a server may take."""

    @model_validator(mode="after")
    def _fit(self) -> Self:
        limit = parse_quantity(self.limit)
        for name, amount in (("request", self.request), ("tmp", self.tmp)):
            if parse_quantity(amount) > limit:
                raise ValueError(
                    f"ephemeralStorage.{name} ({amount}) is more than "
                    f"ephemeralStorage.limit ({self.limit})."
                )
        return self

    def limit_bytes(self, cache: str) -> int:
        """Return the limit of a container with a scratch disk of a size."""
        return int(parse_quantity(self.limit) + parse_quantity(cache))
