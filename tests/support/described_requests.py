"""Requests that schemathesis makes from an OpenAPI document, with a seed.

Half of them fit the document and half do not. Nothing is sent here.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import urlsplit

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from schemathesis import GenerationMode

_SETTINGS: dict[str, Any] = {
    "database": None,
    "deadline": None,
    "derandomize": False,
    "phases": [Phase.generate],
    "suppress_health_check": list(HealthCheck),
    "verbosity": Verbosity.quiet,
}
_BASE = "http://described"


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedRequest:
    """One request, without who sends it."""

    method: str
    path: str
    """Of the document, with parameters in braces."""

    target: str
    """Path and query, as they are sent."""

    parameters: dict[str, Any]
    """Of the path."""

    headers: tuple[tuple[str, str], ...]
    """Content-Type among them; none that says who asks."""

    body: bytes | None


class DescribedRequests:
    """Draws requests of a document's operations, some of each at a time.

    Args:
        document: OpenAPI.
        names: By the name of a path's parameter, values that mean something.
        excluded: Paths of it that nobody may ask for.
    """

    def __init__(
        self,
        document: dict[str, Any],
        names: Mapping[str, Sequence[str]],
        excluded: frozenset[str] = frozenset(),
    ) -> None:
        schema = schemathesis.openapi.from_dict(document)
        found = [each.ok() for each in schema.get_all_operations()]
        self._operations = [each for each in found if each.path not in excluded]
        self._names = names

    def draw(self, random: Random, batch: int) -> Iterator[DescribedRequest]:
        """Yield requests without end: the same for the same state of ``random``.

        Args:
            random: Source of everything that differs.
            batch: How many of one operation, at most, are drawn at once.
        """
        while True:
            strategies = [
                each
                for operation in self._operations
                for each in self._strategies(operation, random)
            ]
            random.shuffle(strategies)
            for each in strategies:
                yield from _draw(each, random.getrandbits(64), batch)

    def _strategies(self, operation: Any, random: Random) -> Iterator[Any]:
        """Yield what is right, of things that there are and of others, and wrong."""
        known = {
            each.name: random.choice(self._names[each.name])
            for each in operation.path_parameters
            if each.name in self._names
        }
        if operation.path_parameters:
            yield operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        yield operation.as_strategy(
            generation_mode=GenerationMode.POSITIVE, path_parameters=known
        )
        # All text is right in a path.
        if operation.query or operation.body:
            yield operation.as_strategy(
                generation_mode=GenerationMode.NEGATIVE, path_parameters=known
            )


def _draw(strategy: Any, number: int, count: int) -> list[DescribedRequest]:
    found: list[DescribedRequest] = []

    @seed(number)
    @settings(max_examples=count, **_SETTINGS)
    @given(strategy)
    def take(case: Any) -> None:
        found.append(_written(case))

    take()
    return found


def _written(case: Any) -> DescribedRequest:
    options = case.as_transport_kwargs(base_url=_BASE)
    made = requests.Request(
        method=options["method"],
        url=options["url"],
        params=options.get("params"),
        json=options.get("json"),
        data=options.get("data"),
    ).prepare()
    parts = urlsplit(made.url)
    body = made.body.encode() if isinstance(made.body, str) else made.body
    return DescribedRequest(
        method=case.method,
        path=case.operation.path,
        target=f"{parts.path}?{parts.query}" if parts.query else parts.path,
        parameters=dict(case.path_parameters or {}),
        headers=tuple(_headers(case, options["headers"])),
        body=body,
    )


def _headers(case: Any, all_of_them: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what the document describes; schemathesis adds its own to it."""
    names = {"content-type", *(name.lower() for name in case.headers or ())}
    for name, text in all_of_them.items():
        if name.lower() in names - {"authorization", "cookie"}:
            yield name, re.sub(r"[\r\n\0]", " ", text)
