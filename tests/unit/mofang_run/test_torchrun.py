"""What torchrun is given, and when it is ended."""

import time

import pytest

from mofang_run.frameworks import torchrun
from mofang_run.process.output import ReplicaOutput
from support.clock import FakeClock

SAID = (
    b"E1123 12:00:00.1 7 torch/distributed/elastic/multiprocessing/api.py:869] failed "
    b"(exitcode: 1) local_rank: 0 (pid: 12) of binary: /opt/mofang/bin/python\n"
)
OLD = b"ERROR:torch.distributed.elastic.multiprocessing.api:failed (exitcode: -9) x\n"


class Child:
    def __init__(self, *, is_busy: bool) -> None:
        self.is_busy = is_busy

    def has_children(self) -> bool:
        return self.is_busy


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def watch(tmp_path, clock):
    with (tmp_path / "output").open("wb") as sink:
        yield torchrun._FailureWatch(ReplicaOutput(sink.fileno()), clock)


def test_a_torchrun_that_waits_for_others_after_a_failure_is_ended(
    wrapper, failing_torchrun
):
    start = time.monotonic()
    code, output = wrapper(wrapper.script("raise ValueError('bad batch')"))
    assert code == 1
    assert time.monotonic() - start < 30
    assert "Ended torchrun" in output
    words = wrapper.termination_log.read_text()
    assert "ValueError: bad batch" in words
    assert "worker-0 ended with exit code 1" in words


def test_who_starts_failed_processes_again_is_left_alone(
    wrapper, failing_torchrun, eventually
):
    script = wrapper.script("raise SystemExit(3)")
    with wrapper.start(script, PET_MAX_RESTARTS="2") as process:
        eventually(lambda: wrapper.log.exists() and b"exitcode" in read(wrapper.log))
        time.sleep(torchrun.EXIT_SECONDS + 2)
        assert process.poll() is None
        process.terminate()
        assert "Ended torchrun" not in process.stdout.read().decode()


def read(path):
    return path.read_bytes()


@pytest.mark.parametrize("said", [SAID, OLD])
@pytest.mark.parametrize("at", [0, 1, 60, 100])
def test_a_failure_is_heard_however_its_line_comes(watch, clock, said, at):
    watch.feed(b"x" * 5000 + b"\n" + said[:at])
    watch.feed(said[at:])
    assert watch.exit_code(Child(is_busy=False)) is None
    clock.advance(torchrun.EXIT_SECONDS)
    assert watch.exit_code(Child(is_busy=False)) == 1


def test_as_long_as_it_has_processes_it_is_left_alone(watch, clock):
    watch.feed(SAID)
    clock.advance(torchrun.EXIT_SECONDS)
    assert watch.exit_code(Child(is_busy=True)) is None


@pytest.mark.parametrize(
    "said", [b"", b"ValueError: failed (exitcode: 1)\n", b"epoch 3\n" * 1000]
)
def test_without_a_failure_it_is_left_alone(watch, clock, said):
    watch.feed(said)
    clock.advance(torchrun.EXIT_SECONDS)
    assert watch.exit_code(Child(is_busy=False)) is None


@pytest.mark.parametrize("name", ["train.py", "train.sh", "pri$ce.py"])
def test_dollar_signs_reach_the_script(wrapper, name):
    text = "import sys; print('got', *map(ascii, sys.argv[1:]))"
    if name.endswith(".sh"):
        text = '#!/bin/bash\necho got $(printf "\'%s\' " "$@")'
    script = wrapper.script(text, name)
    (wrapper.home / script).chmod(0o755)
    words = ["$$", "$local_rank", "a$$b", "${local_rank}", "$", "$HOME"]
    code, output = wrapper(script, *words)
    assert code == 0, output
    assert "got " + " ".join(f"'{word}'" for word in words) in output
