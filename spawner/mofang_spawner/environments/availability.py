"""Whether an environment's image is there yet, as a condition of it says. Pure.

Who provides images sets the condition ``ImageAvailable``. An ordinary cluster pulls
them itself and sets none: then the image counts as available.
"""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict

CONDITION = "ImageAvailable"
BUILD_FAILED = "BuildFailed"
"""Reason of an image that does not come without an administrator."""
BASE_GONE = "BaseGone"
"""Reason of a saved environment whose base, and with it the image, is no more."""
NOT_STORED = "NotStored"
"""Reason of a saved environment whose packages could not be stored."""

_UNEXPLAINED = "Its image is being prepared."


class Unavailable(BaseModel):
    """Why an environment cannot be started."""

    model_config = ConfigDict(frozen=True)

    reason: str = ""
    message: str = _UNEXPLAINED
    """A sentence from who provides the image."""

    @property
    def is_failed(self) -> bool:
        """Whether waiting does not help."""
        return self.reason in {BUILD_FAILED, BASE_GONE, NOT_STORED}

    @property
    def label(self) -> str:
        """The state in a word or two."""
        return "Not available" if self.is_failed else "Preparing"

    def start_refusal(self, title: str) -> str:
        """Why a server of the environment ``title`` cannot be started."""
        if self.is_failed:
            return (
                f"{title} cannot be started. {self.message} "
                "Choose another environment meanwhile."
            )
        return (
            f"{title} cannot be started yet. {self.message} Choose another "
            "environment, or start it when the gallery shows it as available."
        )

    def job_refusal(self, title: str) -> str:
        """Why a job with the image of the environment ``title`` cannot be submitted."""
        start = f"The image of the environment {title} is not available"
        if self.is_failed:
            return f"{start}. {self.message} Choose another environment."
        return (
            f"{start} yet. {self.message} Submit the job again when it is, or choose "
            "another environment."
        )


def read_unavailable(body: dict[str, Any]) -> Unavailable | None:
    """What keeps an Environment from being started; None if nothing does.

    A condition that was written for an earlier specification says nothing of the
    present one, whose image may be another.
    """
    generation = body["metadata"].get("generation", 0)
    conditions: Iterable[dict[str, Any]] = (body.get("status") or {}).get(
        "conditions", ()
    )
    for each in conditions:
        if each.get("type") != CONDITION or each.get("status") != "False":
            continue
        if each.get("observedGeneration", generation) < generation:
            continue
        message = " ".join(str(each.get("message", "")).split()) or _UNEXPLAINED
        if not message.endswith((".", "!", "?", "…")):
            message += "."
        return Unavailable(reason=str(each.get("reason", "")), message=message)
    return None
