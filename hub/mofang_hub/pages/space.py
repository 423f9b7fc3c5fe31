"""What a directory takes and may take, as the gallery says it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from mofang_kube.quantities import readable_size

WARN_PERCENT = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """The usage of one directory."""

    text: str
    """All of it in words, such as ``5.0 GiB of 10.0 GiB (50 %)``."""

    percent: int | None = None
    """Of the quota, 100 at the most; None without one that is enforced."""

    advice: str = ""
    """What to do; empty while there is room."""

    @classmethod
    def read(cls, status: Mapping[str, Any]) -> Self | None:
        """Read usage and quota in a status of the reconciler's.

        Args:
            status: Of a Home, or a part of a Project's ``storage``.

        Returns:
            None as long as nothing was counted.
        """
        usage, quota = status.get("usage"), status.get("quota") or {}
        if not usage:
            return None
        used = int(usage["bytes"])
        text = readable_size(used)
        if not usage.get("complete", True):
            text = f"at least {text}"
        limit = quota.get("bytes")
        if not limit:
            return cls(text=text)
        text += f" of {readable_size(limit)}"
        if not quota.get("enforced"):
            return cls(text=f"{text}, which this file system does not enforce")
        percent = min(used * 100 // limit, 100)
        return cls(
            text=f"{text} ({percent} %)",
            percent=percent,
            advice="" if percent < WARN_PERCENT else _advice(percent),
        )


def _advice(percent: int) -> str:
    # Nothing but the file system knows when exactly it refuses.
    state = "full" if percent == 100 else "nearly full"  # noqa: PLR2004 - all of it
    return (
        f"It is {state}. Servers start all the same: delete what you no longer need "
        "(in JupyterLab, the status bar leads to Storage), or ask an administrator for "
        "more."
    )
