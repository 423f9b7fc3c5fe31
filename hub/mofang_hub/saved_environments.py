"""Write saved environments as their owners want them: save, change, remove.

An environment that is saved is a custom resource with ``spec.saved``. What a version
holds is named by a digest and lies in the home of who saved it; the reconciler stores
it and says so in the status. Nothing here touches a file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from mofang_kube.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
)
from mofang_kube.names import API_VERSION, is_name
from mofang_kube.objects import Manifest, ObjectStorage
from mofang_spawner.environments.catalog import Catalog
from mofang_spawner.environments.models import Environment, Project
from mofang_spawner.environments.policy import (
    project_role,
    validate_environment,
    validate_project,
)
from mofang_spawner.environments.saved import Saved, Visibility

MOST_VERSIONS = 20
MOST_ENVIRONMENTS = 30
"""Of one person: each has its archives on the shared storage."""

_LONGEST_NAME = 20
_TRIES = 5
_NOUN = "saved environment"


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class SaveRequest(_Request):
    """What a person saves; ``name`` is that of one of theirs, for a new version."""

    name: Annotated[str, Field(max_length=_LONGEST_NAME)] = ""
    title: Annotated[str, Field(max_length=60)] = ""
    notes: Annotated[str, Field(max_length=2000)] = ""
    visibility: Annotated[Visibility | None, Field(strict=False)] = None
    project: Annotated[str, Field(max_length=_LONGEST_NAME)]
    environment: Annotated[str, Field(max_length=_LONGEST_NAME)]
    """That of the server it is saved in."""

    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ChangeRequest(_Request):
    """What changes; None stays as it is."""

    current: int | None = None
    visibility: Annotated[Visibility | None, Field(strict=False)] = None
    approved: bool | None = None
    """An admin's word on a saved environment that is to be everyone's."""


class Person(BaseModel):
    """Who asks."""

    model_config = ConfigDict(frozen=True)

    name: str
    groups: frozenset[str]
    is_admin: bool = False


class SavedEnvironmentService:
    """The saved environments of a hub.

    Args:
        objects: Writes them.
        catalog: Follows them.
    """

    def __init__(self, objects: ObjectStorage, catalog: Catalog) -> None:
        self._objects = objects
        self._catalog = catalog

    def get(self, person: Person, name: str) -> Environment:
        """Return one that somebody may know of.

        Raises:
            NotFoundError: There is none.
        """
        found = self._catalog.find_environment(name)
        if found is None or found.saved is None or not self._knows(person, found.saved):
            raise _unknown(name)
        return found

    def list_for(self, person: Person, project: str) -> list[Environment]:
        """Return those of a project that somebody may start or change, by title."""
        found = (self._catalog.find_environment(name) for name in self._catalog.names())
        mine = [
            each
            for each in found
            if each is not None
            and each.saved is not None
            and each.saved.project == project
            and self._knows(person, each.saved)
        ]
        return sorted(mine, key=lambda each: each.display_name.casefold())

    async def save(self, person: Person, request: SaveRequest) -> Manifest:
        """Make a saved environment, or a new version of one; return the object.

        Raises:
            MofangError: Says why not, and what to do.
        """
        project = validate_project(
            self._catalog.find_project(request.project),
            request.project,
            person.name,
            person.groups,
        )
        base = self._base(person, project, request.environment)
        if request.name:
            return await self._add(person, project, base, request)
        return await self._create(person, project, base, request)

    async def change(
        self, person: Person, name: str, request: ChangeRequest
    ) -> Manifest:
        """Choose the version that starts use, or who may start it.

        Args:
            person: Who asks.
            name: Of the saved environment.
            request: What changes.

        Raises:
            MofangError: Says why not, and what to do.
        """

        def change(saved: Saved) -> Manifest:
            is_owner = self._may_change(person, saved)
            if not is_owner and not (person.is_admin and request.approved is not None):
                raise _not_yours(saved)
            changes: Manifest = {}
            if request.current is not None:
                if saved.find(request.current) is None:
                    raise _no_version(name, request.current)
                changes["current"] = request.current
            if request.visibility is not None:
                changes["visibility"] = request.visibility.value
                if request.visibility is not Visibility.EVERYONE:
                    changes["approvedBy"] = ""
            if request.approved is not None:
                changes["approvedBy"] = self._approval(person, saved, request)
            return changes

        return await self._merge(name, change)

    async def remove_version(self, person: Person, name: str, version: int) -> Manifest:
        """Remove a version; servers and jobs that have started with it go on.

        Args:
            person: Who asks.
            name: Of the saved environment.
            version: Its number.

        Raises:
            MofangError: Says why not, and what to do.
        """

        def change(saved: Saved) -> Manifest:
            if not self._may_change(person, saved):
                raise _not_yours(saved)
            if saved.find(version) is None:
                raise _no_version(name, version)
            left = [each for each in saved.versions if each.version != version]
            if not left:
                raise ConflictError(
                    f"Version {version} is the only one of {name}. Remove the "
                    "environment as a whole."
                )
            current = saved.current
            if current == version:
                before = [each.version for each in left if each.version < version]
                current = max(before or [each.version for each in left])
            return {"versions": [_as_spec(each) for each in left], "current": current}

        return await self._merge(name, change)

    async def remove(self, person: Person, name: str) -> None:
        """Remove one with all its versions.

        Raises:
            MofangError: Says why not, and what to do.
        """
        body = await self._find(name)
        saved = Saved.parse(body)
        assert saved is not None  # noqa: S101 - looked at by ``_find``
        if not self._may_change(person, saved):
            raise _not_yours(saved) if self._knows(person, saved) else _unknown(name)
        await self._objects.delete(
            _manifest(name), uid=body["metadata"]["uid"], noun=_NOUN
        )

    def _base(self, person: Person, project: Project, name: str) -> Environment:
        environment = validate_environment(
            self._catalog.find_environment(name),
            name,
            project,
            person.groups,
            person.name,
        )
        if environment.saved is None:
            return environment
        return self._base(person, project, environment.saved.base)

    async def _create(
        self, person: Person, project: Project, base: Environment, request: SaveRequest
    ) -> Manifest:
        title = " ".join(request.title.split())
        if not title:
            raise InvalidError(
                "The environment needs a title, by which others find it.",
                fields={"title": "is missing"},
            )
        own = [
            each
            for each in map(self._catalog.find_environment, self._catalog.names())
            if each and each.saved and each.saved.owner == person.name
        ]
        if len(own) >= MOST_ENVIRONMENTS:
            raise ConflictError(
                f"You have {len(own)} saved environments, which is the most. Remove "
                "one that is not needed, or save this as a new version of one."
            )
        saved = {
            "owner": person.name,
            "project": project.name,
            "base": base.name,
            "visibility": (request.visibility or Visibility.PRIVATE).value,
            "current": 1,
            "versions": [_version(1, person, request)],
        }
        spec = {
            "displayName": title,
            "image": base.image,
            "frameworks": list(base.frameworks),
            "access": {"projects": [project.name]},
            "resources": base.resources.model_dump(by_alias=True, exclude_none=True),
            "saved": saved,
        }
        for name in name_candidates(title):
            try:
                return await self._objects.create(
                    {**_manifest(name), "spec": spec}, noun=_NOUN
                )
            except ConflictError:
                continue  # Of somebody else, whom it may tell nothing about.
        raise ConflictError(
            f"Too many environments are called like {title}. Choose another title.",
            fields={"title": "is taken"},
        )

    async def _add(
        self, person: Person, project: Project, base: Environment, request: SaveRequest
    ) -> Manifest:
        def change(saved: Saved) -> Manifest:
            if person.name != saved.owner:
                raise (
                    _not_yours(saved)
                    if self._knows(person, saved)
                    else _unknown(request.name)
                )
            if (saved.project, saved.base) != (project.name, base.name):
                raise ConflictError(
                    f"{request.name} is an environment of the project {saved.project} "
                    f"on {saved.base}, and this server is one of {project.name} on "
                    f"{base.name}. Save it under a title of its own."
                )
            if len(saved.versions) >= MOST_VERSIONS:
                raise ConflictError(
                    f"{request.name} has {len(saved.versions)} versions, which is the "
                    "most. Remove one that is not needed."
                )
            last = max(saved.versions, key=lambda each: each.version)
            if last.digest == request.digest and last.version == saved.current:
                raise ConflictError(
                    f"The packages are those of version {last.version}, so there is "
                    "nothing to save."
                )
            new = _version(last.version + 1, person, request)
            changes: Manifest = {
                "versions": [*map(_as_spec, saved.versions), new],
                "current": last.version + 1,
            }
            if request.visibility is not None:
                changes["visibility"] = request.visibility.value
            if saved.approved_by:
                # What an admin agreed to was another version.
                changes["approvedBy"] = ""
            return changes

        return await self._merge(request.name, change)

    async def _merge(self, name: str, change: Callable[[Saved], Manifest]) -> Manifest:
        for left in reversed(range(_TRIES)):
            body = await self._find(name)
            saved = Saved.parse(body)
            assert saved is not None  # noqa: S101 - looked at by ``_find``
            patch = {
                "metadata": {"resourceVersion": body["metadata"]["resourceVersion"]},
                "spec": {"saved": change(saved)},
            }
            try:
                return await self._objects.merge(_manifest(name), patch, noun=_NOUN)
            except ConflictError:
                if not left:
                    raise
        raise AssertionError("the last try returns or raises")

    async def _find(self, name: str) -> Manifest:
        body = None
        if is_name(name):
            body = await self._objects.find(_manifest(name), noun=_NOUN)
        if body is None or body["spec"].get("saved") is None:
            raise _unknown(name)
        return body

    def _approval(self, person: Person, saved: Saved, request: ChangeRequest) -> str:
        if not request.approved:
            return ""
        if not person.is_admin:
            raise ForbiddenError(
                "Only an administrator can agree that an environment is offered to "
                "everyone. Ask one."
            )
        wanted = request.visibility or saved.visibility
        if wanted is not Visibility.EVERYONE:
            raise ConflictError(
                "Its owner does not offer it to everyone, so there is nothing to agree "
                "to."
            )
        return person.name

    def _may_change(self, person: Person, saved: Saved) -> bool:
        """Whether somebody is its owner, or an admin of its project or of the hub."""
        if person.is_admin or person.name == saved.owner:
            return True
        is_shared = saved.visibility is not Visibility.PRIVATE
        return is_shared and self._role(person, saved) == "admin"

    def _knows(self, person: Person, saved: Saved) -> bool:
        if self._may_change(person, saved) or saved.is_for_everyone:
            return True
        is_shared = saved.visibility is not Visibility.PRIVATE
        return is_shared and self._role(person, saved) is not None

    def _role(self, person: Person, saved: Saved) -> str | None:
        project = self._catalog.find_project(saved.project)
        if project is None:
            return None
        return project_role(project, person.name, person.groups)


def name_candidates(title: str) -> list[str]:
    """Return names that a saved environment of a title may have, the best first."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    slug = re.sub(r"^[^a-z]+", "", slug) or "environment"
    first = slug[:_LONGEST_NAME].rstrip("-")
    others = (
        f"{slug[: _LONGEST_NAME - len(str(number)) - 1].rstrip('-')}-{number}"
        for number in range(2, 50)
    )
    return [first, *others]


def describe(name: str, body: Manifest) -> dict[str, Any]:
    """Return a saved environment as its readers see it.

    Args:
        name: Of it.
        body: The custom resource.
    """
    saved = Saved.parse(body)
    assert saved is not None  # noqa: S101 - asked by the caller
    return describe_saved(name, body["spec"]["displayName"], saved)


def describe_saved(name: str, title: str, saved: Saved) -> dict[str, Any]:
    """Return a saved environment as its readers see it.

    Args:
        name: Of it.
        title: On its card.
        saved: The rest.
    """
    fields = {"version", "user", "notes", "saved", "phase", "message", "bytes"}
    return {
        "name": name,
        "title": title,
        "owner": saved.owner,
        "project": saved.project,
        "base": saved.base,
        "visibility": saved.visibility.value,
        "approved_by": saved.approved_by,
        "current": saved.current,
        "usable": saved.usable.version if saved.usable else None,
        "versions": [
            each.model_dump(mode="json", include=fields | {"files", "packages"})
            for each in saved.versions
        ],
    }


def _manifest(name: str) -> Manifest:
    return {
        "apiVersion": API_VERSION,
        "kind": "Environment",
        "metadata": {
            "name": name,
            "labels": {"app.kubernetes.io/part-of": "mofang"},
        },
    }


def _version(number: int, person: Person, request: SaveRequest) -> Manifest:
    return {
        "version": number,
        "digest": request.digest,
        "user": person.name,
        "notes": request.notes.strip(),
        "saved": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
    }


def _as_spec(version: Any) -> Manifest:
    found: Manifest = version.model_dump(
        mode="json", include={"version", "digest", "user", "notes", "saved"}
    )
    return found


def _unknown(name: str) -> NotFoundError:
    return NotFoundError(
        f"There is no saved environment {name[:_LONGEST_NAME]} that you may use. It "
        "may have been removed."
    )


def _no_version(name: str, version: int) -> NotFoundError:
    return NotFoundError(f"{name} has no version {version}. It may have been removed.")


def _not_yours(saved: Saved) -> ForbiddenError:
    return ForbiddenError(
        f"The environment is {saved.owner}'s. Save your packages under a title of your "
        "own, or ask them or an admin of the project."
    )
