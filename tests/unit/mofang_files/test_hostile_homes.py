"""Generated links, renames, records and modes: nothing of anybody else is touched."""

import os
import secrets

import pytest
from unit.mofang_files.hostile_home import attack

SEED = int(os.environ.get("MOFANG_SEED") or secrets.randbelow(2**32))
"""Told with a failure; ``MOFANG_SEED=…`` repeats it."""


@pytest.mark.parametrize("acts", [2_000, pytest.param(100_000, marks=pytest.mark.long)])
async def test_no_act_reads_changes_or_removes_what_is_anybody_elses(tmp_path, acts):
    print(f"seed {SEED}")

    assert await attack(tmp_path, acts=acts, seed=SEED) == acts
