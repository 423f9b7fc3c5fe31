"""The rules of all runs of tests: nothing is skipped, and nothing is left open."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

TESTS = Path(__file__).parents[2]

LEAKS = """
import asyncio
import socket
import subprocess
import threading
import time

import pytest

def test_before():
    pass

def test_socket():
    loop = [socket.socket()]
    loop.append(loop)

@pytest.fixture
def listener():
    return socket.socket()

def test_value_of_a_fixture(listener):
    pass

def test_task():
    async def waits():
        await asyncio.Event().wait()
    async def main():
        tasks.append(asyncio.ensure_future(waits()))
        await asyncio.sleep(0)
    tasks = []
    loop = asyncio.new_event_loop()
    loop.run_until_complete(main())
    loop.close()

def test_after():
    pass
"""

PROCESSES = """
import subprocess

kept = []

def test_before():
    pass

def test_process():
    kept.append(subprocess.Popen(["sleep", "60"]))

def test_after():
    pass
"""

END = """
def pytest_unconfigure():
    import test_processes

    for each in test_processes.kept:
        each.kill()
        each.wait()
"""


@pytest.fixture
def run(pytester):
    """Run a module of tests under the rules, in a process of its own."""
    pytester.makeconftest("pytest_plugins = ['support.leaks', 'support.skips']")
    pytester.makeini(
        f"[pytest]\npythonpath = {TESTS}\nfilterwarnings = error\nxfail_strict = true\n"
    )

    def done(*arguments, **modules):
        pytester.makepyfile(**modules)
        plugins = ("hypothesispytest", "anyio", "asyncio")
        without = [word for name in plugins for word in ("-p", f"no:{name}")]
        return pytester.runpytest_subprocess("-rA", *without, *arguments)

    return done


def test_what_is_left_open_is_an_error_of_the_test_that_made_it(run):
    result = run(test_leaks=LEAKS)

    result.assert_outcomes(passed=5, errors=3)
    result.stdout.fnmatch_lines_random(
        [
            "*ERROR test_leaks.py::test_socket*",
            "*ERROR test_leaks.py::test_value_of_a_fixture*",
            "*ERROR test_leaks.py::test_task*",
            "*ResourceWarning: unclosed <socket*",
            "*Task was destroyed but it is pending*",
        ]
    )
    assert result.ret == 1


@pytest.mark.parametrize("distribution", [(), ("-n", "2", "--dist", "loadfile")])
def test_a_process_that_is_left_fails_the_run_and_names_the_test(
    run, pytester, distribution
):
    pytester.makepyfile(ending=END)

    result = run("-p", "ending", *distribution, test_processes=PROCESSES)

    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        ["process * (sleep 60), first seen after *test_process"]
    )
    assert result.ret == 1


SKIPS = {
    "test_skip": "import pytest\ndef test_it(): pytest.skip('no sshd')",
    "test_module": "import pytest\npytest.importorskip('absent_module')",
    "test_expected": (
        "import pytest\n"
        "@pytest.mark.xfail(reason='known')\n"
        "def test_it(): assert False\n"
    ),
    "test_fine": "def test_fine(): pass",
}


def test_a_skip_fails_the_run_and_is_named(run):
    result = run(**SKIPS)

    assert result.ret == 1
    result.stdout.fnmatch_lines_random(
        [
            "*skipped, so the run fails*",
            "test_skip.py::test_it: *no sshd",
            "test_module.py: *absent_module*",
            "test_expected.py::test_it: known",
        ]
    )


def test_skips_may_be_allowed_by_hand(run):
    assert run("--allow-skips", **SKIPS).ret == 0


def test_a_run_that_leaves_nothing_passes(run):
    assert run(test_fine="def test_fine(): pass").ret == 0
