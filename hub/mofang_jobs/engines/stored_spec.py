"""Keep a job's specification in annotations of its object, and read it back.

It has a version of its own, apart from the models of requests, in a second annotation.
The version is raised when a service that ignores unknown fields would make another job
of a specification; a new field with a default does not raise it. Jobs of other versions
are listed, with the fields that both versions have, but neither started nor restarted.

Version 2 renamed fields of version 1, which no release wrote. Version 3 renamed two of
version 2, under whose names it reads the jobs of that.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from cachetools import LRUCache

from mofang_api.models import JobSpec, StoredSpec, read_spec
from mofang_kube import names

VERSION = 3

_RENAMED = {"2": (("environment", "env"), ("environment_name", "environment"))}
"""Version → its names of fields that are called otherwise now, in this order."""

MAX_CACHE_CHARACTERS = 16 * 1024**2
"""Of all texts in the cache together; a parsed one takes about three times as much."""

ENTRY_CHARACTERS = 4096
"""What the shortest specification counts for in the cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedSpec:
    """A specification as it was found on an object."""

    spec: JobSpec
    is_unsupported: bool
    """Whether it has another version than this service's, or asks for what the service
    does not know; it must not make pods of it then."""


class SpecCache:
    """Parsed specifications by their texts; the last used ones are kept.

    Every look at a job reads its specification, and objects come anew with each change
    of their status. Used by the event loop alone.

    Args:
        max_characters: How long all texts in it may be together.
    """

    def __init__(self, max_characters: int = MAX_CACHE_CHARACTERS) -> None:
        self._parsed: LRUCache[tuple[str, str], _Parsed] = LRUCache(
            max_characters, getsizeof=lambda parsed: parsed.characters
        )

    @property
    def characters(self) -> int:
        """How much is in it."""
        return int(self._parsed.currsize)

    def read(self, text: str, version: str = str(VERSION)) -> StoredSpec | None:
        """Return the specification of a text; None if it is not a JSON object."""
        found = self._parsed.get((version, text))
        if found is None:
            found = _Parsed(_parse(text, version), max(len(text), ENTRY_CHARACTERS))
            if found.characters <= self._parsed.maxsize:
                self._parsed[version, text] = found
        return found.spec


@dataclass(frozen=True, slots=True)
class _Parsed:
    spec: StoredSpec | None
    characters: int
    """What it counts for in the cache."""


def _parse(text: str, version: str) -> StoredSpec | None:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict):
        return None
    for old, new in _RENAMED.get(version, ()):
        if old in content:
            content[new] = content.pop(old)
    return read_spec(content)


_CACHE = SpecCache()


def build_annotations(spec: JobSpec) -> dict[str, str]:
    """Return the annotations that keep a specification."""
    return {
        names.JOB_SPEC_ANNOTATION: spec.model_dump_json(),
        names.JOB_SPEC_VERSION_ANNOTATION: str(VERSION),
    }


def read_annotations(
    annotations: Mapping[str, str], cache: SpecCache = _CACHE
) -> ObservedSpec | None:
    """Return the specification that annotations keep; None if they keep none."""
    version = annotations.get(names.JOB_SPEC_VERSION_ANNOTATION, "")
    stored = cache.read(annotations.get(names.JOB_SPEC_ANNOTATION, ""), version)
    if stored is None:
        return None
    is_readable = version == str(VERSION) or version in _RENAMED
    is_supported = is_readable and stored.is_understood
    return ObservedSpec(spec=stored.spec, is_unsupported=not is_supported)
