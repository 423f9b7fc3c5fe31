import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mofang_run.process.output import ReplicaOutput
from mofang_run.process.termination_message import (
    TERMINATION_MESSAGE_BYTES,
    choose_termination_message,
)

SMALL_DISK = """
import resource, runpy, sys
sys.argv = ["mofang-run", "--framework", "single", "--command", "--", *sys.argv[1:]]
resource.setrlimit(resource.RLIMIT_FSIZE, (9999, -1))
runpy.run_module("mofang_run.main", run_name="__main__")
"""


@pytest.fixture
def stdout(tmp_path):
    fd = os.open(tmp_path / "stdout", os.O_CREAT | os.O_RDWR)
    yield fd
    os.close(fd)


def test_bytes_of_any_kind_reach_both_places_unchanged(wrapper):
    """Progress bars, binary output and a last line without an end are kept."""
    text = "import sys; sys.stdout.buffer.write(bytes(range(256)) * 999 + b'\\rend')"
    with wrapper.start(wrapper.script(text)) as process:
        seen, _ = process.communicate(timeout=30)
    wanted = bytes(range(256)) * 999 + b"\rend"
    assert wanted in seen
    assert wrapper.log.read_bytes() == seen
    assert b"\rend\n[Mofang] " in seen


def test_stderr_and_stdout_keep_their_order(wrapper):
    text = "import os\nfor n in range(200): os.write(1 + n % 2, b'%d\\n' % n)"
    _, output = wrapper(wrapper.script(text))
    numbers = [int(line) for line in output.splitlines() if line.isdigit()]
    assert numbers == list(range(200))


def test_output_is_seen_while_the_job_runs(wrapper):
    script = wrapper.script("print('first'); __import__('time').sleep(60)")
    with wrapper.start(script) as process:
        while b"first" not in process.stdout.readline():
            pass
        text = wrapper.log.read_text()
        process.terminate()
    assert "first" in text


def test_a_restarted_container_appends_to_its_log(wrapper):
    script = wrapper.script("print('again')")
    wrapper(script)
    wrapper(script)
    assert wrapper.log.read_text().count("\nagain\n") == 2


def test_a_link_in_place_of_the_log_is_not_followed(wrapper, tmp_path):
    """A member of the project must not make others overwrite their own files."""
    wrapper.log.parent.mkdir(parents=True)
    precious = tmp_path / "precious"
    precious.write_text("kept")
    wrapper.log.symlink_to(precious)
    code, output = wrapper(wrapper.script("print('works')"))
    assert code == 0
    assert "cannot be written" in output
    assert "works" in output
    assert precious.read_text() == "kept"


def test_a_pipe_in_place_of_the_log_does_not_block_the_job(wrapper):
    wrapper.log.parent.mkdir(parents=True)
    os.mkfifo(wrapper.log)
    code, output = wrapper(wrapper.script(""))
    assert code == 0
    assert output.count("cannot be written") == 1


def test_a_full_disk_is_told_once_and_the_job_goes_on(wrapper):
    wrapper.log.parent.mkdir(parents=True)
    script = wrapper.script("for n in range(500): print('x' * 100)")
    process = subprocess.run(
        [
            sys.executable,
            "-c",
            SMALL_DISK,
            sys.executable,
            script,
        ],
        cwd=wrapper.home,
        env={**os.environ, "MOFANG_LOG_FILE": str(wrapper.log)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert process.returncode == 0
    assert process.stdout.count("x" * 100) == 500
    assert process.stdout.count("cannot be written: File too large") == 1
    assert wrapper.log.stat().st_size == 9999


def test_what_the_log_misses_is_said_in_it_once_there_is_room(tmp_path, stdout):
    log = tmp_path / "log"
    output = ReplicaOutput(stdout, str(log))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5, limits[1]))
    try:
        output.write(b"12345")
        output.write(b"lost\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    output.write(b"back\n")
    output.close()
    text = log.read_text()
    assert "could not be written here" in text
    assert text.startswith("12345")
    assert text.endswith("back\n")


def test_a_reader_that_went_away_costs_nothing(tmp_path):
    """The container runtime may restart; the file still gets everything."""
    read, write = os.pipe()
    os.close(read)
    output = ReplicaOutput(write, str(tmp_path / "log"))
    output.write(b"still here\n")
    output.close()
    os.close(write)
    assert (tmp_path / "log").read_bytes() == b"still here\n"


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=3000), max_size=5))
def test_last_words_are_the_end_cut_between_characters(texts):
    with Path(os.devnull).open("wb") as sink:
        output = ReplicaOutput(sink.fileno())
        for text in texts:
            output.write(text.encode())
    words = output.termination_message()
    whole = "".join(texts).encode()
    assert len(words) <= TERMINATION_MESSAGE_BYTES
    assert whole.endswith(words)
    assert len(words) >= min(len(whole), TERMINATION_MESSAGE_BYTES) - 3
    words.decode()


@pytest.mark.parametrize(
    "torchrun",
    [
        b"ERROR:torch.distributed.elastic.multiprocessing.api:failed (exitcode: 1)",
        b"E1 torch/distributed/elastic/multiprocessing/api.py:8] failed (exitcode: -6)",
    ],
    ids=["1.13", "2"],
)
def test_the_scripts_own_error_is_not_lost_behind_that_of_torchrun(torchrun):
    cause, noise = b"x" * 5000 + b"\nRuntimeError: the cause\n", b"\nnoise" * 900
    verdict = b"[Mofang] worker-0 ended with exit code 1.\n"
    words = choose_termination_message(cause + torchrun + noise + b"\n" + verdict)
    assert len(words) == TERMINATION_MESSAGE_BYTES
    assert words.endswith(b"x\nRuntimeError: the cause\n" + torchrun + b"\n" + verdict)


def test_the_last_words_are_left_for_kubernetes(wrapper):
    wrapper(wrapper.script("print('a' * 9000); raise ValueError('the cause')"))
    words = wrapper.termination_log.read_text()
    assert "ValueError: the cause" in words
    assert "exit code 1" in words
    assert len(words) <= TERMINATION_MESSAGE_BYTES


def test_a_missing_termination_log_is_not_made(wrapper):
    wrapper.termination_log.unlink()
    assert wrapper(wrapper.script(""))[0] == 0
    assert not wrapper.termination_log.exists()


def test_a_million_lines_pass_quickly(wrapper):
    """The wrapper must not be what a chatty job waits for."""
    script = wrapper.script("import sys; sys.stdout.write('0123456789\\n' * 1_000_000)")
    start = time.monotonic()
    _, output = wrapper(script)
    assert output.count("0123456789\n") == 1_000_000
    assert time.monotonic() - start < 20
