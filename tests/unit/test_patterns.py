"""Regular expressions that see other people's texts take time in proportion to them.

Patterns are found by themselves: each module-level one of the packages below, with the
methods that its module calls. Those of ``mofang_run`` but its ``environments`` read the
output of the job in whose containers they run, and nobody else's.
"""

import importlib
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

import mofang
import mofang_api
import mofang_hub
import mofang_jobs
import mofang_kube
import mofang_projects
import mofang_run
import mofang_spawner
from mofang_api.secret_detection import is_secret_name, is_secret_value
from mofang_api.validation import check_parameter, check_variable
from mofang_jobs.domain.failure_patterns import find_failure_pattern
from mofang_jobs.domain.termination_message import last_error
from mofang_jobs.services.event_reasons import event_message
from mofang_kube.names import name_slug
from mofang_run.environments.image import normalize

PACKAGES = (
    mofang,
    mofang_api,
    mofang_run,
    mofang_hub,
    mofang_jobs,
    mofang_projects,
    mofang_spawner,
    mofang_kube,
)
LENGTH = 1000
LONGER = 4
TRIES = 4
LINEAR, QUADRATIC = 10, 12
"""Growths that a linear pattern stays below, and a quadratic one is above."""

NEGLIGIBLE_SECONDS = 200e-6

STARTS = ("# Job ", "0/1 nodes are available: ", "token ", "[", "python", "x.svc.")
PIECES = (
    *("a", "1", "A", "-", "_", ".", "/", " ", ":", "=", "@", "*", "%", "é"),
    *("a.", "a-", "1-", "a/", "a:", "a=", "a@", "a,", "1 ", "a b ", ".1", "-1"),
    *("eyJ-", "eyJaaaaaaaaaaaa.", "-----BEGIN ", "-----BEGIN A", "://a:", "://a:a"),
    *("NVML", "gloo/transport", "RESOURCE_EXHAUSTED: ", "Insufficient ", "Error"),
    *("[Mofang] ", "[a]:", "exceeded quota: a, requested: ", "Host ", "# Job a of "),
    *("sk-", "hf_", "xoxa-", "pypi-", "ghp_a", "AKIA0", "@sha256:a", "Z ", "\n", "<"),
    *("activate", "python3", "mofang-a-1-a", " nodes are available: ", "minCount (1"),
)
TEXTS = [
    *(("", piece) for piece in PIECES),
    *((start, piece) for start in STARTS for piece in PIECES[:14]),
]
"""Beginnings, and what is repeated behind them; something that fits nowhere ends it."""


def hostile(start: str, piece: str, length: int) -> str:
    return f"{start}{piece * (length // len(piece))}\x00"


def measured(read: Callable[[str], object], text: str, tries: int) -> float:
    def once() -> float:
        begun = time.process_time()
        read(text)
        return time.process_time() - begun

    return min(once() for _ in range(tries))


def growth(read: Callable[[str], object], start: str, piece: str) -> float:
    """Return by which factor the time grows with a text of the fourfold length."""
    long = hostile(start, piece, LONGER * LENGTH)
    # Most are far too fast to measure, and need not be.
    if measured(read, long, 2) < NEGLIGIBLE_SECONDS:
        return 1.0
    short = measured(read, hostile(start, piece, LENGTH), TRIES)
    return measured(read, long, TRIES) / max(short, 1e-6)


def patterns() -> Iterator[tuple[str, Callable[[str], object]]]:
    for package in PACKAGES:
        for root in map(Path, package.__path__):
            for path in sorted(root.rglob("*.py")):
                source = path.read_text()
                inside = path.relative_to(root).with_suffix("").parts
                if "re.compile" in source and not _is_wrapper(package, inside):
                    name = ".".join((package.__name__, *inside))
                    yield from _patterns_of(name, source)


def _is_wrapper(package: ModuleType, inside: tuple[str, ...]) -> bool:
    return package is mofang_run and inside[0] != "environments"


def _patterns_of(module: str, source: str) -> Iterator[tuple[str, Callable]]:
    for name, value in vars(importlib.import_module(module)).items():
        if isinstance(value, re.Pattern):
            used = r"\.(search|match|fullmatch|findall|finditer|split|sub)\("
            for method in sorted(set(re.findall(rf"\b{name}{used}", source))):
                more = ("",) if method == "sub" else ()
                call = getattr(value, method)
                yield (
                    f"{module}.{name}.{method}",
                    lambda text, c=call, m=more: c(*m, text),
                )


def quietly(check: Callable[[str], object]) -> Callable[[str], object]:
    def read(text: str) -> None:
        try:
            check(text)
        except ValueError:
            return

    return read


FUNCTIONS = {
    "secret names": is_secret_name,
    "secret values": is_secret_value,
    "variables": quietly(lambda text: check_variable("X", text)),
    "names of variables": quietly(lambda text: check_variable(text, "x")),
    "names of hyper-parameters": quietly(lambda text: check_parameter(text, "x")),
    "names of packages": normalize,
    "names of jobs": name_slug,
    "causes": find_failure_pattern,
    "last errors": last_error,
    "events": lambda text: event_message(
        "x", f"exceeded quota: a, requested: {text}, used: {text}, limited: {text}"
    ),
}
FOUND = {**dict(patterns()), **FUNCTIONS}


def test_the_patterns_are_found():
    assert "mofang_api.secret_detection._SHAPES.match" in FOUND
    assert "mofang_hub.routes.models._ROUTESPEC.fullmatch" in FOUND
    assert len(FOUND) > 40


@pytest.mark.parametrize("name", FOUND)
def test_a_pattern_takes_time_in_proportion_to_the_text(name):
    slow = {
        text: factor
        for text in TEXTS
        if (factor := growth(FOUND[name], *text)) >= LINEAR
    }
    # Once more, as the machine may have been busy with something else.
    assert not [t for t in slow if growth(FOUND[name], *t) >= LINEAR], slow


def test_a_quadratic_pattern_would_be_noticed():
    """This one once told JSON Web Tokens."""
    known = re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}")

    assert max(growth(known.search, "", "eyJ-") for _ in range(3)) > QUADRATIC
