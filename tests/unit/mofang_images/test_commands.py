import sys

import pytest

from mofang_images.commands import CommandLog
from mofang_images.errors import CommandError, MachineError


@pytest.fixture
def log(tmp_path):
    return CommandLog(path=tmp_path / "logs" / "base.log")


def test_a_failure_shows_the_log_and_its_last_twenty_lines(log):
    program = "for n in range(30): print('line', n)\nraise SystemExit(3)"

    with pytest.raises(CommandError) as failure:
        log.run("build base", [sys.executable, "-c", program])

    sentence = str(failure.value)
    assert sentence.startswith("Could not build base: ")
    assert "exit code 3" in sentence
    assert str(log.path) in sentence
    assert "line 10\n" in sentence
    assert "line 9\n" not in sentence


def test_output_of_programs_stays_off_the_terminal(log, capfd):
    log.run("greet", [sys.executable, "-c", "print('hello')"])

    assert capfd.readouterr().out == ""
    assert log.path.read_text().endswith("hello\n")


def test_a_missing_program_is_named(log):
    with pytest.raises(MachineError, match="no-such-builder is missing"):
        log.run("build base", ["no-such-builder"])
