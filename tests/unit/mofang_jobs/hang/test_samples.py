from __future__ import annotations

import json
import os
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.mofang_jobs.hang.conftest import Part, line_of, name_of, samples_of

from mofang_jobs.adapters.sample_files import (
    MAX_BYTES,
    MAX_SAMPLES,
    RECENT_BYTES,
    SampleStorage,
    parse_samples,
    sample_parts,
)
from mofang_jobs.domain.samples import MAX_COUNT, BadSampleError, parse_sample

SAMPLES = samples_of(Part(20, talks=True, cores=1.0, gpus=[[50.0], [None]]))
LINES = b"".join(map(line_of, SAMPLES))


@pytest.fixture
def store(tmp_path):
    return SampleStorage(tmp_path)


@pytest.fixture
def file(tmp_path):
    path = tmp_path.joinpath(*sample_parts(name_of()))
    path.parent.mkdir(parents=True)
    return path


def test_the_file_lies_beside_the_log():
    assert (
        sample_parts(name_of())[-1] == "mofang-job-train-x1y2z3-worker-0.samples.jsonl"
    )


async def test_what_the_wrapper_wrote_is_read(store, file):
    file.write_bytes(LINES)

    found = await store.read(name_of())

    assert list(found.samples) == SAMPLES
    assert found.bad_lines == 0


async def test_no_file_is_no_samples(store):
    assert (await store.read(name_of())).samples == ()


async def test_a_line_that_is_still_being_written_waits(store, file):
    file.write_bytes(LINES + LINES[:30])

    found = await store.read(name_of())

    assert len(found.samples) == 20
    assert found.bad_lines == 0


@pytest.mark.parametrize(
    "line",
    [
        b"not json",
        b"[]",
        b"{}",
        b'{"version":2}',
        b"\xff\xfe",
        b"[" * 15000,
        b"9" * 6000,
        b"x" * 20_000,
        LINES.split(b"\n")[0].replace(b'"cpu_seconds": 10.0', b'"cpu_seconds": NaN'),
        LINES.split(b"\n")[0].replace(b'"cpu_seconds": 10.0', b'"cpu_seconds": 1e999'),
        LINES.split(b"\n")[0].replace(b'"cpu_seconds": 10.0', b'"cpu_seconds": "10"'),
        LINES.split(b"\n")[0].replace(b'"cpu_seconds": 10.0', b'"cpu_seconds": true'),
        LINES.split(b"\n")[0].replace(b'"processes": 2', b'"processes": 2.5'),
        LINES.split(b"\n")[0].replace(b'"run_id": "a1b2c3d4"', b'"run_id": ""'),
        LINES.split(b"\n")[0].replace(b'"io": [0, ', b'"io": ['),
    ],
)
async def test_bad_lines_are_counted_and_passed_over(store, file, line):
    assert line not in LINES
    file.write_bytes(LINES + line + b"\n" + LINES)

    found = await store.read(name_of())

    assert len(found.samples) == 40
    assert found.bad_lines == 1


def test_values_are_brought_within_their_bounds():
    raw = json.loads(LINES.split(b"\n")[0])
    raw |= {
        "cpu_seconds": -5,
        "memory_bytes": 10**30,
        "time": 1e300,
        "uptime_seconds": -1,
        "period_seconds": 0,
    }
    raw["gpus"] = [[0, 5000, None, 1e300, -3]]

    found = parse_sample(json.dumps(raw).encode())

    assert found.cpu == 0.0
    assert found.memory == MAX_COUNT
    assert found.up == 0.0
    assert found.period > 0
    assert found.gpus is not None
    assert found.gpus[0].percent == 100.0


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda each: st.lists(each) | st.dictionaries(st.text(), each),
    ),
    st.sampled_from(sorted(json.loads(LINES.split(b"\n")[0]))),
)
def test_whatever_a_field_holds_it_is_a_sample_or_it_is_refused(value, field):
    raw = json.loads(LINES.split(b"\n")[0]) | {field: value}
    try:
        found = parse_sample(json.dumps(raw).encode("utf-8", "backslashreplace"))
    except BadSampleError:
        return
    assert 0 <= found.memory <= MAX_COUNT


@pytest.mark.parametrize("obstacle", ["link", "pipe", "folder", "linked folder"])
async def test_nothing_but_a_plain_file_is_read(store, file, tmp_path, obstacle):
    secret = tmp_path / "secret"
    secret.write_bytes(LINES)
    match obstacle:
        case "link":
            file.symlink_to(secret)
        case "pipe":
            os.mkfifo(file)
        case "folder":
            file.mkdir()
        case "linked folder":
            away = tmp_path / "away"
            file.parent.rename(away)
            (away / file.name).write_bytes(LINES)
            file.parent.symlink_to(away)

    assert (await store.read(name_of())).samples == ()


async def test_of_a_huge_file_the_end_is_read(store, file):
    with file.open("wb") as stream:
        stream.truncate(MAX_BYTES * 20)
        stream.seek(0, os.SEEK_END)
        stream.write(b"\n" + LINES)

    found = await store.read(name_of())

    assert len(found.samples) == 20


async def test_a_silence_is_read_without_gaps(store, file):
    many = samples_of(Part(5000))
    file.write_bytes(b"".join(map(line_of, many)))

    found = await store.read_recent(name_of())

    assert list(found.samples) == many[-len(found.samples) :]
    assert RECENT_BYTES / 2 < len(b"".join(map(line_of, found.samples))) < RECENT_BYTES


async def test_of_the_newest_no_more_are_read_than_the_rule_needs(store, file):
    many = samples_of(Part(100, talks=True), Part(10))
    file.write_bytes(b"".join(map(line_of, many)))

    found = await store.read_recent(name_of())

    # The last of the talking ones has the digest of the silence already.
    assert list(found.samples) == many[-12:]


def test_of_many_samples_evenly_spaced_ones_are_read():
    many = samples_of(Part(MAX_SAMPLES * 2 + 10, talks=True))

    found = parse_samples(b"".join(map(line_of, many))).samples

    assert MAX_SAMPLES / 2 < len(found) <= MAX_SAMPLES
    assert found[-1] == many[-1]
    gaps = {after.up - before.up for before, after in pairwise(found)}
    assert gaps == {30.0}
