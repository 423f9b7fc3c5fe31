"""Texts, numbers and JSON that programs stumble over."""

import json
from random import Random
from typing import Any

MARKS = (
    "\u202e",  # right-to-left override
    "\u2066",
    "\ufeff",
    "\u200b",
    "\u0000",
    "\u001b[31m",
    "\u0085",
    "\u2028",
    "\ud800",
    "\udfff",
    "\U0001f4a9",
    "\U0010ffff",
    "é",
    "e\u0301" * 20,
    "İ",
    "ß",
    "\uff0f",
    "\uff0e\uff0e",
)
INJECTIONS = (
    "../../etc/passwd",
    "/projects/../users/ada",
    "/home/jovyan/../../users/ada",
    "$(id)",
    "`id`",
    "$(HOME)",
    "${HOME}",
    "%(name)s",
    "{0.__class__}",
    "{{7*7}}",
    "'; DROP TABLE users; --",
    "' OR '1'='1",
    "<script>alert(1)</script>",
    "\r\nSet-Cookie: a=b",
    "a,b=c",
    "*",
    "-",
    "--help",
    "!!python/object/apply:os.system [id]",
    "&anchor [*anchor]",
    "null",
    "NaN",
    "true",
    "__proto__",
    "constructor",
    "mofang.dev/owner=ada",
    "ada",
    "admin",
    "(a+)+$",
    "eyJ" + "-eyJ" * 40,
)
NUMBERS: tuple[Any, ...] = (
    0,
    -1,
    1,
    2**31,
    2**53 + 1,
    2**63,
    -(2**63) - 1,
    2**64,
    10**40,
    10**400,
    1e308,
    -0.0,
    5e-324,
    0.1 + 0.2,
)
RAW_NUMBERS = ("NaN", "Infinity", "-Infinity", "1e999999", "-1e999999", "9" * 5000)
"""JSON that ``json.dumps`` does not write."""


def text(random: Random) -> str:
    """Return a text."""
    match random.randrange(6):
        case 0:
            return random.choice(INJECTIONS)
        case 1:
            return random.choice(MARKS) * random.choice([1, 1, 2, 100])
        case 2:
            # At, below and above lengths that are bounds somewhere.
            size = random.choice([1, 20, 63, 64, 253, 255, 256, 1024, 4096, 32768])
            return random.choice("aA-._/é0") * (size + random.choice([-1, 0, 1]))
        case 3:
            return random.choice(INJECTIONS) + random.choice(MARKS)
        case 4:
            return "".join(chr(random.randrange(1, 0x3000)) for _ in range(12))
        case _:
            return ""


def value(random: Random, depth: int = 0) -> Any:
    """Return what JSON can hold, of any type."""
    kinds = 7 if depth < 3 else 5
    match random.randrange(kinds):
        case 0 | 1:
            return text(random)
        case 2:
            return random.choice(NUMBERS)
        case 3:
            return random.choice([None, True, False, [], {}])
        case 4:
            return random.randrange(-5, 5)
        case 5:
            many = random.choice([1, 2, 3, 3, 200])
            return [value(random, 3 if many > 3 else depth + 1) for _ in range(many)]
        case _:
            names = [text(random)[:300] for _ in range(random.randint(1, 4))]
            return {name: value(random, depth + 1) for name in names}


def encode(content: Any) -> bytes:
    """Write JSON; surrogates stay escapes."""
    return json.dumps(content).encode()


def mutated(random: Random, model: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of an object of which some fields are hostile.

    Args:
        random: Source of the changes.
        model: A valid object.
    """
    copy = json.loads(json.dumps(model))
    for _ in range(random.choice([1, 1, 1, 2, 4])):
        _change(random, copy)
    return copy


def _change(random: Random, holder: dict[str, Any]) -> None:
    name = random.choice(list(holder)) if holder else "name"
    inner = holder.get(name)
    if isinstance(inner, dict) and inner and random.random() < 0.7:
        _change(random, inner)
        return
    match random.randrange(8):
        case 0:
            holder.pop(name, None)
        case 1:
            holder[text(random)[:300] or "x"] = value(random)
        case 2 if isinstance(inner, str):
            holder[name] = inner + random.choice(MARKS)
        case 3 if isinstance(inner, str):
            holder[name] = random.choice(INJECTIONS)
        case 4:
            holder[name] = [holder.get(name)]
        case 5:
            holder[name] = random.choice(NUMBERS)
        case _:
            holder[name] = value(random)
