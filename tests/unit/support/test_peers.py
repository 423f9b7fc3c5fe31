"""The outcome of a peer's suite against the expected one."""

from pathlib import Path

import pytest
from peers.outcome import Expected, compare, read_outcome

EXPECTED = Path(__file__).resolve().parents[2] / "peers" / "expected"


@pytest.fixture
def expected():
    return Expected(
        version="1.0.0",
        version_file="version.py",
        passing=frozenset({"a::good"}),
        exceptions={"a::other": "It wants another namespace."},
    )


@pytest.mark.parametrize(
    ("outcome", "faults"),
    [
        pytest.param({"a::good": "passed", "a::other": "failed"}, [], id="as expected"),
        pytest.param(
            {"a::good": "failed", "a::other": "failed"},
            ["a::good failed, and has to pass."],
            id="one fails",
        ),
        pytest.param(
            {"a::good": "skipped", "a::other": "failed"},
            ["a::good skipped, and has to pass."],
            id="one is skipped",
        ),
        pytest.param(
            {"a::other": "failed"},
            ["a::good was not run, and has to pass."],
            id="one is missing",
        ),
        pytest.param(
            {"a::good": "passed", "a::other": "passed"},
            ["a::other passed, and is an exception: It wants another namespace."],
            id="an exception passes",
        ),
        pytest.param(
            {"a::good": "passed", "a::other": "failed", "a::new": "passed"},
            ["a::new is not known."],
            id="one is new",
        ),
    ],
)
def test_every_difference_is_a_fault(expected, outcome, faults):
    assert compare(expected, outcome) == faults


def test_stock_has_no_exceptions(expected):
    outcome = {"a::good": "passed", "a::other": "failed"}

    assert len(compare(expected.without_exceptions(), outcome)) == 1


def test_without_a_cluster_what_was_skipped_does_not_count(expected):
    outcome = {"a::good": "passed", "a::other": "skipped"}

    assert compare(*expected.skipping(outcome)) == []


def test_another_version_is_refused(expected, tmp_path):
    (tmp_path / "version.py").write_text('__version__ = "1.0.1"\n')

    with pytest.raises(SystemExit, match=r"has 1.0.1: check out the tag 1.0.0"):
        expected.check_version(tmp_path)
    (tmp_path / "version.py").write_text('__version__ = "1.0.0"\n')
    expected.check_version(tmp_path)


def test_a_report_tells_the_worst_of_a_test(tmp_path):
    path = tmp_path / "report.xml"
    case = '<testcase file="t.py" name="{}">{}</testcase>'
    cases = [
        case.format("good", ""),
        case.format("bad[1]", "<failure/>"),
        case.format("away", "<skipped/>"),
        case.format("torn", ""),
        case.format("torn", "<error/>"),
    ]
    path.write_text(f"<testsuites>{''.join(cases)}</testsuites>")

    assert read_outcome(path) == {
        "t.py::good": "passed",
        "t.py::bad[1]": "failed",
        "t.py::away": "skipped",
        "t.py::torn": "failed",
    }


@pytest.mark.parametrize("path", sorted(EXPECTED.iterdir()), ids=lambda path: path.stem)
def test_each_exception_has_a_reason_and_no_test_is_both(path):
    expected = Expected.load(path)

    assert all(reason.endswith(".") for reason in expected.exceptions.values())
    assert not expected.passing & set(expected.exceptions)
