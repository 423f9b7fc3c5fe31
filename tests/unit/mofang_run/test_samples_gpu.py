from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from mofang_run.metrics.gpu import LIMIT_BYTES, GpuReader, GpuReading, parse_gpus

# As the documentation of nvidia-smi describes csv,noheader,nounits.
TWO_DEVICES = (
    "0, 97, 30011, 81559, 61, 643.20, 700.00\n1, 0, 4, 81559, 34, 68.31, 700.00\n"
)
MIG = "0, [N/A], 12000, 81559, 40, 90.10, 400.00\n"
OLD_CARD = "0, [Not Supported], 100, 2000, 50, [Not Supported], [N/A]\n"
BROKEN = "0, [GPU requires reset], [Unknown Error], 81559, [N/A], [N/A], [N/A]\n"
NO_DRIVER = (
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n"
)

MEBIBYTE = 1024**2


def test_devices_are_read_with_their_units():
    first, second = parse_gpus(TWO_DEVICES)

    assert first == GpuReading(
        0, 97.0, 30011 * MEBIBYTE, 81559 * MEBIBYTE, 61.0, 643.2, 700.0
    )
    assert second.percent == 0.0


@pytest.mark.parametrize("text", [MIG, OLD_CARD, BROKEN])
def test_what_a_device_does_not_tell_is_nothing(text):
    (found,) = parse_gpus(text)

    assert found.percent is None
    assert found.total_bytes is not None


@pytest.mark.parametrize(
    "text",
    [
        NO_DRIVER,
        "No devices were found\n",
        "0, 97, 30011, 81559\n",
        "0, 97, 30011, 81559, 61\n",
        "0, 97 %, 30011, 81559, 61, 643.20, 700.00\n",
        "0, -1, 30011, 81559, 61, 643.20, 700.00\n",
        "0, nan, 30011, 81559, 61, 643.20, 700.00\n",
        "zero, 97, 30011, 81559, 61, 643.20, 700.00\n",
        TWO_DEVICES * 100,
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match=r"line|number|many"):
        parse_gpus(text)


@pytest.fixture
def program(tmp_path):
    """Stand in for nvidia-smi with a script."""

    def write(script: str) -> str:
        path = tmp_path / "nvidia-smi"
        path.write_text(f"#!/bin/bash\n{script}\n")
        path.chmod(0o755)
        return str(path)

    return write


def test_the_program_is_asked_for_exactly_what_is_read(program, tmp_path):
    script = f"echo \"$*\" > {tmp_path}/asked; printf '{TWO_DEVICES!s}'"

    found = GpuReader(program(script.replace("\n", "\\n"))).read()

    assert found == parse_gpus(TWO_DEVICES)
    query = "index,utilization.gpu,memory.used,memory.total,temperature.gpu"
    assert (tmp_path / "asked").read_text().split() == [
        f"--query-gpu={query},power.draw,power.limit",
        "--format=csv,noheader,nounits",
    ]


def test_without_the_program_there_are_no_devices_and_no_complaint(tmp_path):
    reader = GpuReader("no-such-program", tmp_path)

    assert reader.read() == ()
    assert reader.complaint == ""


def test_devices_without_the_program_are_complained_of(tmp_path):
    (tmp_path / "nvidiactl").touch()

    assert "is not in this image" in GpuReader("no-such-program", tmp_path).complaint


def test_a_program_that_hangs_is_ended_in_time_with_all_it_started(
    program, tmp_path, eventually
):
    script = f"sleep 61 & echo $! > {tmp_path}/pid; wait"
    reader = GpuReader(program(script), limit_seconds=5)
    start = time.monotonic()

    assert reader.read() is None

    assert time.monotonic() - start < 30
    assert reader.pids == ()
    eventually(lambda: has_ended(int((tmp_path / "pid").read_text())))


def has_ended(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"


def test_a_program_that_talks_without_end_is_ended(program):
    reader = GpuReader(program("exec yes"))

    assert reader.read() is None


def test_a_program_that_fails_again_and_again_is_asked_less_often(program, tmp_path):
    script = f"echo x >> {tmp_path}/calls; echo '{NO_DRIVER.strip()!r}'"
    reader = GpuReader(program(script.replace("'", "")))

    found = [reader.read() for _ in range(30)]

    assert found == [None] * 30
    assert len((tmp_path / "calls").read_text().split()) == 3
    assert "does not answer" in reader.complaint
    assert LIMIT_BYTES < 2**20


def test_samples_of_a_container_with_devices_have_them(wrapper, program):
    """The wrapper finds the program as any shell does."""
    folder = program("printf '0, 97, 30011, 81559, 61, 643.20, 700.00\\n'").rpartition(
        "/"
    )[0]
    path = f"{folder}:{os.environ['PATH']}"

    wrapper.command("sleep", "0.4", MOFANG_SAMPLE_SECONDS="0.1", PATH=path)

    lines = wrapper.log.with_suffix(".samples.jsonl").read_text()
    assert f'"gpus":[[0,97.0,{30011 * MEBIBYTE},{81559 * MEBIBYTE},61.0]]' in lines
