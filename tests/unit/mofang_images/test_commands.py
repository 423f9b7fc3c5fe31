import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mofang_images.commands import CommandLog
from mofang_images.errors import CommandError, HostError


@pytest.fixture
def log(tmp_path):
    return CommandLog(path=tmp_path / "logs" / "base.log")


def test_a_failure_shows_the_log_and_its_last_twenty_lines(log):
    program = "for n in range(30): print('line', n)\nraise SystemExit(3)"

    with pytest.raises(CommandError) as failure:
        log.run("build base", [sys.executable, "-c", program])

    message = str(failure.value)
    assert message.startswith("Could not build base: ")
    assert "exit code 3" in message
    assert str(log.path) in message
    assert "line 10\n" in message
    assert "line 9\n" not in message


def test_output_of_programs_stays_off_the_terminal(log, capfd):
    log.run("greet", [sys.executable, "-c", "print('hello')"])

    assert capfd.readouterr().out == ""
    assert log.path.read_text().endswith("hello\n")


def test_a_missing_program_is_named(log):
    with pytest.raises(HostError, match="no-such-builder is missing"):
        log.run("build base", ["no-such-builder"])


STARTS_ANOTHER = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""
INTERRUPTED = """
import sys
from pathlib import Path
from mofang_images.commands import CommandLog, end_on_signals
end_on_signals()
CommandLog(path=Path(sys.argv[1])).run("sleep", [sys.executable, "-c", sys.argv[2]])
"""


def wait_until(condition, what):
    deadline = time.monotonic() + 60
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what} in vain"
        time.sleep(0.02)
    return found


def runs(pid):
    """Tell whether a process is there and no zombie."""
    try:
        return (
            Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        )
    except FileNotFoundError:
        return False


def test_an_interrupted_build_leaves_no_program_behind(log):
    """A builder that goes on unseen would fight with the next for the same files."""
    command = [sys.executable, "-c", INTERRUPTED, log.path, STARTS_ANOTHER]
    with subprocess.Popen(command) as interrupted:

        def grandchild():
            text = log.path.read_text() if log.path.exists() else ""
            found = re.findall(r"^(\d+)\n", text, re.MULTILINE)
            return found and int(found[0])

        pid = wait_until(grandchild, "waited for the programs to start")
        interrupted.send_signal(signal.SIGTERM)

        assert interrupted.wait(60) == 128 + signal.SIGTERM
    wait_until(lambda: not runs(pid), "waited for the programs to end")
