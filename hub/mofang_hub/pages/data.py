"""The data sources of a project, as the gallery lists them. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from mofang_spawner.data_sources.models import DataSource
from mofang_spawner.environments.models import Project
from mofang_spawner.environments.policy import usable_sources


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSource:
    """One source."""

    name: str
    location: str
    """Where programs find it; empty for one that cannot be used now."""

    note: str


def shown_sources(
    project: Project, username: str, role: str | None
) -> Iterator[ShownSource]:
    """Yield the sources of a project that are somebody's to use, or broken.

    Args:
        project: The project.
        username: Name in the hub.
        role: What they are in the project.
    """
    usable = usable_sources(project, None, username, role)
    for source in project.data_sources:
        fault = project.data_states.get(source.key, "It is being prepared.")
        if fault:
            yield ShownSource(name=source.name, location="", note=fault)
        elif source in usable:
            yield ShownSource(
                name=source.name, location=source.location, note=_note(source)
            )


def _note(source: DataSource) -> str:
    if source.s3:
        return f"S3, profile {source.name}"
    return "read-only" if source.read_only else "may be written to"
