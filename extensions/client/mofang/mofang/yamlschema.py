"""YAML by the rules of version 1.2, which PyYAML does not know by itself.

``1e-4`` is a number; ``no`` and ``12:30`` are texts. A date stays a text of its own
type, for the reader to refuse.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

_BOOL = re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z")
_NULL = re.compile(r"(?:~|null|Null|NULL|)\Z")
_INT = re.compile(r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z")
_FLOAT = re.compile(
    r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?\Z")

_TAG = "tag:yaml.org,2002:"
_NUMBERS = list("-+.0123456789")


class Date(str):
    """A date or a time that was written without quotes."""

    __slots__ = ()


class _Loader(yaml.SafeLoader):
    """Reads by the core schema."""

    yaml_implicit_resolvers: dict[Any, Any] = {}  # noqa: RUF012 - as its base has it

    def construct_core_int(self, node: yaml.ScalarNode) -> int:
        text = str(self.construct_scalar(node))
        # What an explicit tag says may be any text; ValueError tells the rest.
        return int(text, 0 if text.startswith(("0o", "0x")) else 10)

    def construct_date(self, node: yaml.ScalarNode) -> Date:
        return Date(self.construct_scalar(node))


class _Dumper(yaml.SafeDumper):
    """Quotes what either version would take for something else than a text."""


_RULES = (
    ("bool", _BOOL, list("tTfF")),
    ("null", _NULL, ["~", "n", "N", ""]),
    ("int", _INT, _NUMBERS),
    ("float", _FLOAT, _NUMBERS),
    ("timestamp", _DATE, list("0123456789")),
    ("merge", re.compile(r"<<\Z"), ["<"]),
)
for _name, _pattern, _first in _RULES:
    _Loader.add_implicit_resolver(_TAG + _name, _pattern, _first)
    _Dumper.add_implicit_resolver(_TAG + _name, _pattern, _first)
_Loader.add_constructor(f"{_TAG}int", _Loader.construct_core_int)
_Loader.add_constructor(f"{_TAG}timestamp", _Loader.construct_date)


def load(content: bytes) -> Any:
    """Read one document.

    Raises:
        yaml.YAMLError: It is not YAML.
        ValueError: A tag does not fit its value.
    """
    # A subclass of the safe loader.
    return yaml.load(content, Loader=_Loader)  # noqa: S506


def dump(value: Any) -> str:
    """Write one document, which both versions of YAML read alike."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
