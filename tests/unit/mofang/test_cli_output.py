"""What the command line does when its output cannot be written."""

import subprocess
import sys
from pathlib import Path

import pytest

MANY_LINES = """
import click
from mofang.cli.app import app

@app.command()
def many():
    for _ in range(1000):
        click.echo("x" * 1000)

app(["many"])
"""


@pytest.fixture
def command() -> list[str]:
    return [sys.executable, "-c", MANY_LINES]


def test_whoever_reads_the_first_lines_only_sees_no_failure_of_a_job(command):
    """1 would mean that a job failed; a shell knows 141 of every other program."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline() == b"x" * 1000 + b"\n"
        process.stdout.close()
        assert process.wait(timeout=60) == 141
        assert process.stderr.read() == b""


def test_a_full_disk_is_told_without_a_traceback(command):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, check=False, timeout=60
        )

    assert done.returncode == 2
    assert b"The output cannot be written: " in done.stderr
    assert b"No space left on device" in done.stderr
    assert b"Traceback" not in done.stderr
