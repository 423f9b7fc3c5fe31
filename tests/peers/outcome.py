"""What a peer's suite gave, and what it has to give. Pure, but for reading files."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import yaml

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The expected outcome of one suite."""

    version: str
    version_file: str
    """In the repository; its first version number is compared."""

    passing: frozenset[str]
    exceptions: Mapping[str, str]
    """Test → why it cannot pass here."""

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read one of ``expected/*.yaml``."""
        said = yaml.safe_load(path.read_text())
        exceptions = {
            test: " ".join(each["reason"].split())
            for each in said["exceptions"]
            for test in each["tests"]
        }
        return cls(
            version=said["version"],
            version_file=said["version_file"],
            passing=frozenset(said["passing"]),
            exceptions=exceptions,
        )

    def check_version(self, repository: Path) -> None:
        """Refuse another version of the repository than the outcome is of.

        Raises:
            SystemExit: With a sentence.
        """
        path = repository / self.version_file
        found = (
            re.search(r"\d+\.\d+\.\d+\S*", path.read_text()) if path.exists() else None
        )
        version = found[0].strip("\"'") if found else "no version"
        if version != self.version:
            raise SystemExit(
                f"{repository} has {version}: check out the tag {self.version}."
            )

    def without_exceptions(self) -> Self:
        """All tests have to pass."""
        return replace(
            self, passing=self.passing | frozenset(self.exceptions), exceptions={}
        )

    def skipping(self, outcome: Mapping[str, str]) -> tuple[Self, dict[str, str]]:
        """Leave out the tests that were skipped, of both."""
        skipped = {test for test, result in outcome.items() if result == SKIPPED}
        kept = {
            test: why for test, why in self.exceptions.items() if test not in skipped
        }
        expected = replace(self, passing=self.passing - skipped, exceptions=kept)
        return expected, {t: r for t, r in outcome.items() if t not in skipped}

    def summary(self, faults: list[str]) -> str:
        """One line about a run."""
        if faults:
            return f"{len(faults)} tests have another outcome than expected."
        return (
            f"{len(self.passing)} tests pass as expected, "
            f"{len(self.exceptions)} are exceptions with a reason."
        )


def read_outcome(report: Path) -> dict[str, str]:
    """Test → its result, from pytest's report in the form xunit1."""
    found: dict[str, str] = {}
    # Written by the run before, on this machine.
    for case in ET.parse(report).iter("testcase"):
        test = f"{case.get('file')}::{case.get('name')}"
        kinds = {child.tag for child in case}
        result = PASSED
        if kinds & {"failure", "error"}:
            result = FAILED
        elif "skipped" in kinds:
            result = SKIPPED
        # A test that passed and whose fixture then failed is told twice.
        if found.get(test, PASSED) == PASSED:
            found[test] = result
    return found


def compare(expected: Expected, outcome: Mapping[str, str]) -> list[str]:
    """Return a sentence for each test with another outcome than expected."""
    faults = [
        f"{test} {outcome.get(test, 'was not run')}, and has to pass."
        for test in sorted(expected.passing)
        if outcome.get(test) != PASSED
    ]
    faults += [
        f"{test} {outcome.get(test, 'was not run')}, and is an exception: {why}"
        for test, why in sorted(expected.exceptions.items())
        if outcome.get(test) != FAILED
    ]
    known = expected.passing | frozenset(expected.exceptions)
    faults += [f"{test} is not known." for test in sorted(set(outcome) - known)]
    return faults
