"""Let a run fail that skipped a test or expected a failure.

What a test needs is brought by ``make``; whoever runs some tests by hand on a machine
that lacks it says ``--allow-skips``.
"""

from __future__ import annotations

import pytest

_SKIPPED = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--allow-skips",
        action="store_true",
        help="pass although tests were skipped or failed as expected",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_SKIPPED] = []


class _Recorder:
    """Listens to the reports of tests and of modules alike."""

    def __init__(self, skipped: list[str]) -> None:
        self._skipped = skipped

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report)

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if not report.skipped:
            return
        # An expected failure is reported as skipped, with its reason apart.
        reason = getattr(report, "wasxfail", None)
        if reason is None and isinstance(report.longrepr, tuple):
            reason = report.longrepr[2]
        self._skipped.append(f"{report.nodeid}: {reason}")


def pytest_sessionstart(session: pytest.Session) -> None:
    recorder = _Recorder(session.config.stash[_SKIPPED])
    session.config.pluginmanager.register(recorder, "skips-recorder")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if not session.config.stash[_SKIPPED] or session.config.option.allow_skips:
        return
    if session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    config = terminalreporter.config
    if not config.stash[_SKIPPED] or config.option.allow_skips:
        return
    terminalreporter.section("skipped, so the run fails", red=True)
    for line in config.stash[_SKIPPED]:
        terminalreporter.line(line)
