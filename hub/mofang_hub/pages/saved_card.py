"""What a card says of a saved environment, and what its reader may do with it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from mofang_kube.quantities import readable_size
from mofang_spawner.environments.models import Environment
from mofang_spawner.environments.saved import (
    Saved,
    SavedVersion,
    VersionPhase,
    Visibility,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLine:
    """One version in the card's list."""

    version: int
    text: str
    notes: str
    is_current: bool
    """Whether a start uses it."""
    is_ready: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedCard:
    """The part of a card that other environments lack."""

    text: str
    notes: str
    """Of the version that a start uses."""
    versions: tuple[VersionLine, ...]
    """The newest first."""
    api_url: str
    may_change: bool
    waits_for_approval: bool
    """Whether its owner offers it to everyone, and no administrator has agreed."""
    may_approve: bool

    @classmethod
    def of(
        cls,
        environment: Environment,
        hub_url: str,
        *,
        reader: str,
        is_project_admin: bool,
        is_admin: bool,
    ) -> SavedCard | None:
        """Return what is told of an environment; None for one that is not saved.

        Args:
            environment: As the catalogue has it.
            hub_url: Prefix of the hub.
            reader: Who looks at the card.
            is_project_admin: Whether they are an admin of the environment's project.
            is_admin: Whether they are an admin of the hub.
        """
        saved = environment.saved
        if saved is None:
            return None
        current = saved.usable or saved.find(saved.current)
        waits = saved.visibility is Visibility.EVERYONE and not saved.approved_by
        return cls(
            text=_text(saved, current),
            notes=current.notes if current else "",
            versions=tuple(
                _line(each, is_current=each is saved.usable)
                for each in sorted(saved.versions, key=lambda each: -each.version)
            ),
            api_url=(
                f"{hub_url}api/mofang/environments/{quote(environment.name, safe='')}"
            ),
            may_change=reader == saved.owner or is_admin or is_project_admin,
            waits_for_approval=waits,
            may_approve=waits and is_admin,
        )


def _text(saved: Saved, version: SavedVersion | None) -> str:
    start = f"Saved by {saved.owner}, based on {saved.base}"
    if version is None:
        return start
    which = f"version {version.version}"
    newest = max(each.version for each in saved.versions)
    if newest != version.version:
        which += f" (the newest is {newest})"
    if version.phase is not VersionPhase.READY:
        return f"{start}, {which}"
    return f"{start}, {which}: {_size(version)}"


def _line(version: SavedVersion, *, is_current: bool) -> VersionLine:
    said = f"Version {version.version}, {version.saved:%Y-%m-%d}, {version.user}"
    match version.phase:
        case VersionPhase.READY:
            said += f": {_size(version)}"
        case VersionPhase.STORING:
            said += ": being stored"
        case VersionPhase.FAILED:
            said += f": not stored. {version.message}"
    return VersionLine(
        version=version.version,
        text=said,
        notes=version.notes,
        is_current=is_current,
        is_ready=version.phase is VersionPhase.READY,
    )


def _size(version: SavedVersion) -> str:
    plural = "" if version.packages == 1 else "s"
    return f"{version.packages} package{plural}, {readable_size(version.bytes)}"
